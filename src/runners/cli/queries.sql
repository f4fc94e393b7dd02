-- name: lanes
-- Counted from the inline state: an attempt is one POST, and a step run stays with its lane.
select lane_id, client_id, workstream, workflow,
       count(*) filter (where state in ('sending', 'awaiting_answer', 'in_doubt')) as in_flight,
       count(*) filter (where state = 'ready') as ready,
       sum(attempt) as sent, sum(spent) as spent, sum(reserved) as reserved
from enrichcore.step_runs group by lane_id, client_id, workstream, workflow

-- name: standing
-- Step runs of a batch that have not ended, or gave nothing, by why; one that waits for a company stands as that does.
select s.workflow, s.state, coalesce(c.reason, s.reason), array_agg(s.run_id order by s.run_id)
from enrichcore.step_runs s
left join enrichcore.step_runs c on c.run_id = s.company_run_id and s.state = 'waiting_for_company'
where s.batch_id = %(batch)s and s.state not in ('completed', 'skipped', 'cancelled')
group by s.workflow, s.state, coalesce(c.reason, s.reason), c.state, coalesce(c.lane_id, s.lane_id)
order by count(*) desc, s.workflow, s.state, 3

-- name: unmatched
-- Every answer that could not be placed and has not been placed since, oldest first.
select originator_id from enrichcore.stored_events u
where topic = 'CallbackUnmatched' and not exists (
    select from enrichcore.stored_events m
    where m.originator_id = u.originator_id and m.topic = 'CallbackMatched')
order by position

-- name: leads
select * from enrichcore.final_leads where client_id = %(client)s order by lead_id

-- name: lead_summary
select workstreams, count(*), count(person_email), count(company_domain), count(*) filter (where is_new_in_role),
       count(*) filter (where is_recently_funded), count(*) filter (where is_worked_at_customer)
from enrichcore.final_leads where client_id = %(client)s group by workstreams order by workstreams
