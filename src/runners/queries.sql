-- name: rows_of_lanes
-- What is out and what is ready have an index each; rows that ended, of which there may be millions, are in neither.
select lane_id, sum(in_flight)::bigint, sum(ready)::bigint
from (
    select lane_id, count(*) as in_flight, 0 as ready from enrichcore.step_runs
    where state in ('sending', 'awaiting_answer', 'in_doubt') group by lane_id
    union all
    select lane_id, 0, count(*) from enrichcore.step_runs where state = 'ready' group by lane_id) counted
group by lane_id

-- name: spent_on_lanes
-- What each did over its life is summed up by batch; an attempt is one POST.
select client_id, workstream, workflow, sum(sends)::bigint, sum(spent), sum(reserved)
from enrichcore.spend group by client_id, workstream, workflow

-- name: standing
-- Step runs of a batch that have not ended, or gave nothing, by why; one that waits for a company stands as that does.
select s.workflow, s.state, coalesce(c.reason, s.reason), count(*), (array_agg(s.run_id order by s.run_id))[1:%(ids)s::int]
from enrichcore.step_runs s
left join enrichcore.step_runs c on c.run_id = s.company_run_id and s.state = 'waiting_for_company'
where s.batch_id = %(batch)s and s.state not in ('completed', 'skipped', 'cancelled')
group by s.workflow, s.state, coalesce(c.reason, s.reason), c.state, coalesce(c.lane_id, s.lane_id)
order by count(*) desc, s.workflow, s.state, 3

-- name: items_about
-- The items about a person or company, also as a lead or an upload names them.
select case %(id)s when r.person_id then 'person' when r.company_id then 'company' else 'lead' end, r.run_id
from enrichcore.runs r join enrichcore.batches b on b.batch_id = r.batch_id
where r.kind = 'item' and (r.company_id = %(id)s or r.person_id = %(id)s
    or r.person_id in (select l.person_id from enrichcore.final_leads l where l.lead_id = %(id)s))
order by b.launched_at desc, r.run_id limit 1

-- name: unmatched
-- Every answer that could not be placed and has not been placed since, oldest first.
select originator_id from enrichcore.stored_events u
where topic = 'CallbackUnmatched' and not exists (
    select from enrichcore.stored_events m
    where m.originator_id = u.originator_id and m.topic = 'CallbackMatched')
order by position

-- name: leads
-- A person of a batch has an item in it, whatever batch came later; one who was merged is who stays.
select * from enrichcore.final_leads
where client_id = %(client)s
  and (%(workstream)s::text is null or %(workstream)s = any(workstreams))
  and (%(changed_since)s::timestamptz is null or updated_at >= %(changed_since)s)
  and jsonb_build_object(
          'is_new_in_role', is_new_in_role, 'is_recently_funded', is_recently_funded,
          'is_worked_at_customer', is_worked_at_customer, 'moved_company', moved_company) @> %(indicators)s::jsonb
  and (%(batch)s::uuid is null or person_id in (
          select coalesce(d.merged_into, r.person_id) from enrichcore.runs r
          left join enrichcore.directory_entities d on d.entity_id = r.person_id
          where r.kind = 'item' and r.batch_id = %(batch)s))
order by lead_id

-- name: lead_summary
select workstreams, count(*), count(person_email), count(company_domain), count(*) filter (where is_new_in_role),
       count(*) filter (where is_recently_funded), count(*) filter (where is_worked_at_customer)
from enrichcore.final_leads where client_id = %(client)s group by workstreams order by workstreams
