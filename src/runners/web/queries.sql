-- name: uploads
-- A skip scan over the uploads that name anyone: one probe each, however many people they have.
with recursive known as (
    (select upload_id from enrichcore.upload_people order by upload_id limit 1)
    union all
    select (select p.upload_id from enrichcore.upload_people p
            where p.upload_id > known.upload_id order by p.upload_id limit 1)
    from known where known.upload_id is not null
)
select e.originator_id as upload_id
from known join enrichcore.stored_events e on e.originator_id = known.upload_id and e.originator_version = 1
where e.client_id = %(client)s order by e.position desc

-- name: people
select person_id, company_id, facts from enrichcore.upload_people
where upload_id = %(upload)s order by person_id limit %(limit)s offset %(offset)s

-- name: batches_of_upload
select batch_id, status, launched_at from enrichcore.batches where upload_id = %(upload)s order by launched_at desc

-- name: batch_ids
select batch_id from enrichcore.batches order by launched_at desc, batch_id desc limit %(limit)s offset %(offset)s

-- name: batch_count
select count(*) from enrichcore.batches

-- name: item_status_counts
select batch_id, status, count(*) as items, count(*) filter (where gaps > 0) as gaps,
       count(*) filter (where in_doubt) as in_doubt
from enrichcore.runs where batch_id = any(%(batches)s) and kind = 'item' group by batch_id, status

-- name: items
select r.run_id, r.status, r.gaps, r.in_doubt, p.facts
from enrichcore.runs r
join enrichcore.batches b on b.batch_id = r.batch_id
left join enrichcore.upload_people p on p.upload_id = b.upload_id and p.person_id = r.person_id
where r.batch_id = %(batch)s and r.kind = 'item'
  and case %(only)s when '' then true when 'gaps' then r.gaps > 0 when 'in_doubt' then r.in_doubt
      else r.status = %(only)s end
order by r.run_id limit %(limit)s offset %(offset)s

-- name: has_leads
select to_regclass('enrichcore.final_leads') is not null as here

-- name: leads
select *, count(*) over () as found from enrichcore.final_leads
where client_id = %(client)s
  and case %(signal)s when '' then true when 'with_email' then person_email is not null
      when 'new_in_role' then is_new_in_role when 'recently_funded' then is_recently_funded
      when 'worked_at_customer' then is_worked_at_customer else false end
  and (%(words)s = '' or concat_ws(' ', person_full_name, person_email, person_title, company_name, company_domain)
       ilike %(words)s)
order by updated_at desc, lead_id limit %(limit)s offset %(offset)s

-- name: lead_summary
select count(*) as leads, count(person_email) as with_email, count(*) filter (where is_new_in_role) as new_in_role,
       count(*) filter (where is_recently_funded) as recently_funded,
       count(*) filter (where is_worked_at_customer) as worked_at_customer
from enrichcore.final_leads where client_id = %(client)s

-- name: item_totals
select status, count(*) as items from enrichcore.runs where kind = 'item' group by status

-- name: stopped_lanes
select count(*) as lanes from enrichcore.lanes where stopped <> ''

-- name: unmatched
select count(*) as answers from enrichcore.stored_events u
where topic = 'CallbackUnmatched' and not exists (
    select from enrichcore.stored_events m
    where m.originator_id = u.originator_id and m.topic = 'CallbackMatched')

-- name: has_checkpoints
select to_regclass('enrichcore.checkpoints') is not null as here

-- name: read_models
select read_model, position from enrichcore.checkpoints order by read_model
