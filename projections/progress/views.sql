-- Where each batch stands, counted from its items' own state.
create or replace view enrichcore.batch_progress as
select
    b.batch_id,
    b.client_id,
    b.upload_id,
    b.workstream,
    b.status,
    b.filled,
    b.item_count,
    b.launched_at,
    coalesce(i.items_total, 0) as items_total,
    coalesce(i.items_active, 0) as items_active,
    coalesce(i.items_completed, 0) as items_completed,
    coalesce(i.items_failed, 0) as items_failed,
    coalesce(i.items_cancelled, 0) as items_cancelled,
    coalesce(i.items_with_gaps, 0) as items_with_gaps,
    -- Their own row, or their company's, may or may not have been delivered.
    coalesce(d.items_in_doubt, 0) as items_in_doubt
from enrichcore.batches as b
left join lateral (
    select
        count(*) as items_total,
        count(*) filter (where r.status = 'active') as items_active,
        count(*) filter (where r.status = 'completed') as items_completed,
        count(*) filter (where r.status = 'failed') as items_failed,
        count(*) filter (where r.status = 'cancelled') as items_cancelled,
        count(*) filter (where r.gaps > 0) as items_with_gaps
    from enrichcore.runs as r
    where r.kind = 'item' and r.batch_id = b.batch_id
) as i on true
left join lateral (
    select count(distinct s.run_id) as items_in_doubt
    from enrichcore.step_runs as s
    left join enrichcore.step_runs as c on c.run_id = s.company_run_id and c.state = 'in_doubt'
    where s.batch_id = b.batch_id
      and (s.state = 'in_doubt' or (s.state = 'waiting_for_company' and c.run_id is not null))
) as d on true;

-- How many of a batch's step runs are in each state; a step that no item has reached has no row.
create or replace view enrichcore.batch_step_progress as
select
    s.batch_id,
    s.client_id,
    s.workstream,
    s.workflow,
    min(s.step_no) as step_no,
    s.state,
    count(*) as step_runs
from enrichcore.step_runs as s
where s.batch_id is not null
group by s.batch_id, s.client_id, s.workstream, s.workflow, s.state;

-- Every company's way through one kind of company result.
create or replace view enrichcore.company_workflow_states as
select
    r.client_id,
    r.company_id,
    s.workstream,
    s.workflow,
    s.state,
    s.generation,
    s.attempt,
    s.wake_at,
    s.reason,
    case s.rank when 3 then 'data' when 2 then 'empty' when 1 then 'error' end as answer,
    s.answered_at,
    s.reserved,
    s.spent,
    r.run_id as company_run_id,
    -- The batch that the present generation is charged to.
    r.batch_id
from enrichcore.runs as r
join enrichcore.step_runs as s on s.run_id = r.run_id
where r.kind = 'company';

-- Every person's steps, item by item.
create or replace view enrichcore.person_workflow_states as
select
    r.client_id,
    r.person_id,
    r.company_id,
    r.run_id as item_id,
    r.batch_id,
    s.workstream,
    s.step_no,
    s.workflow,
    s.state,
    s.generation,
    s.attempt,
    s.wake_at,
    s.reason,
    case s.rank when 3 then 'data' when 2 then 'empty' when 1 then 'error' end as answer,
    s.answered_at,
    s.company_run_id,
    s.reserved,
    s.spent,
    r.status as item_status
from enrichcore.runs as r
join enrichcore.step_runs as s on s.run_id = r.run_id
where r.kind = 'item';
