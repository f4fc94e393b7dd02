-- name: upload_count
select count(*) from enrichcore.uploads where client_id = %(client)s and workstream = any(%(workstreams)s)

-- name: uploads
select upload_id, file_name, workstream, uploaded_at, finished_at, row_count, person_count, company_count, rejected_count
from enrichcore.uploads where client_id = %(client)s and workstream = any(%(workstreams)s)
order by uploaded_at desc, upload_id limit %(limit)s offset %(offset)s

-- name: people
select person_id, company_id, facts from enrichcore.upload_people
where upload_id = %(upload)s order by person_id limit %(limit)s offset %(offset)s

-- name: batches_of_upload
select batch_id, status, launched_at from enrichcore.batches where upload_id = %(upload)s order by launched_at desc

-- name: batch_ids
select batch_id from enrichcore.batches order by launched_at desc, batch_id desc limit %(limit)s offset %(offset)s

-- name: batch_count
select count(*) from enrichcore.batches

-- name: batch_progress
select * from enrichcore.batch_progress where batch_id = any(%(batches)s)

-- name: items
select i.run_id, i.status, i.gaps, i.in_doubt, i.facts from (
select r.run_id, r.status, r.gaps, p.facts, r.in_doubt or exists (
           select from enrichcore.step_runs s join enrichcore.step_runs c on c.run_id = s.company_run_id
           where s.run_id = r.run_id and s.state = 'waiting_for_company' and c.state = 'in_doubt') as in_doubt
from enrichcore.runs r
join enrichcore.batches b on b.batch_id = r.batch_id
left join enrichcore.upload_people p on p.upload_id = b.upload_id and p.person_id = r.person_id
where r.batch_id = %(batch)s and r.kind = 'item'
) as i
where case %(only)s when '' then true when 'gaps' then i.gaps > 0 when 'in_doubt' then i.in_doubt
      else i.status = %(only)s end
order by i.run_id limit %(limit)s offset %(offset)s

-- name: any_out
-- Whether an answer is waited for: to a row of the batch, or to a company's that it waits for.
select exists (
    select from enrichcore.step_runs s left join enrichcore.step_runs c on c.run_id = s.company_run_id
    where s.batch_id = %(batch)s and (s.state in ('awaiting_answer', 'in_doubt')
        or s.state = 'waiting_for_company' and c.state in ('awaiting_answer', 'in_doubt'))) as any_out

-- name: leads
select *, count(*) over () as found from enrichcore.final_leads
where client_id = %(client)s
  and case %(signal)s when '' then true when 'with_email' then person_email is not null
      when 'new_in_role' then is_new_in_role when 'recently_funded' then is_recently_funded
      when 'worked_at_customer' then is_worked_at_customer else false end
  and (%(words)s = '' or concat_ws(' ', person_full_name, person_email, person_title, company_name, company_domain)
       ilike %(words)s)
order by updated_at desc, lead_id limit %(limit)s offset %(offset)s

-- name: leads_after
-- The same people in the order of their ids, so that pages neither repeat nor lose one while leads change.
select * from enrichcore.final_leads
where client_id = %(client)s
  and case %(signal)s when '' then true when 'with_email' then person_email is not null
      when 'new_in_role' then is_new_in_role when 'recently_funded' then is_recently_funded
      when 'worked_at_customer' then is_worked_at_customer else false end
  and (%(words)s = '' or concat_ws(' ', person_full_name, person_email, person_title, company_name, company_domain)
       ilike %(words)s)
  and (%(after)s::uuid is null or lead_id > %(after)s)
order by lead_id limit %(limit)s

-- name: lead_summary
select count(*) as leads, count(person_email) as with_email, count(*) filter (where is_new_in_role) as new_in_role,
       count(*) filter (where is_recently_funded) as recently_funded,
       count(*) filter (where is_worked_at_customer) as worked_at_customer
from enrichcore.final_leads where client_id = %(client)s

-- name: unread
select next.recorded_at
from enrichcore.checkpoints c cross join lateral (
    select e.recorded_at from enrichcore.stored_events e where e.position > c.position order by e.position limit 1) next
where c.read_model = %(read_model)s

-- name: item_totals
select status, count(*) as items from enrichcore.runs where kind = 'item' group by status

-- name: stopped_lanes
select count(*) as lanes from enrichcore.lanes where stopped <> ''

-- name: unreachable_lanes
select count(*) as lanes from enrichcore.lanes where failures >= %(failures)s

-- name: doubtful_lanes
select count(*) as lanes from enrichcore.lanes where doubts >= %(doubts)s

-- name: news
select count(*) filter (where told_at is null and given_up_at is null) as waiting,
       count(*) filter (where given_up_at is not null) as given_up
from enrichcore.notifications

-- name: unmatched
select count(*) as answers from enrichcore.unmatched_callbacks where matched_item_id is null

-- name: read_models
select read_model, position from enrichcore.checkpoints where read_model = any(%(names)s) order by read_model
