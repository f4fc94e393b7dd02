-- name: time
select clock_timestamp()

-- name: stream
select originator_version, topic, state, recorded_at, client_id, entity_id, batch_id, position
from enrichcore.stored_events where originator_id = %(id)s and originator_version > %(after)s
order by originator_version limit %(limit)s

-- name: events_of
select originator_id, originator_version, topic, state, recorded_at, client_id, entity_id, batch_id, position
from enrichcore.stored_events
where entity_id = any(%(ids)s::uuid[]) and topic = any(%(topics)s) order by position

-- name: events_at
select originator_id, originator_version, topic, state, recorded_at, client_id, entity_id, batch_id, position
from unnest(%(ids)s::uuid[], %(versions)s::int[]) as w(id, version)
join enrichcore.stored_events on originator_id = w.id and originator_version = w.version

-- name: sizes_at
-- Of what is stored out of line, only where it is is read.
select originator_id, originator_version, octet_length(state)
from unnest(%(ids)s::uuid[], %(versions)s::int[]) as w(id, version)
join enrichcore.stored_events on originator_id = w.id and originator_version = w.version

-- name: version
select coalesce(max(originator_version), 0) from enrichcore.stored_events where originator_id = %(id)s

-- name: turning_batches
select b.batch_id from enrichcore.batches b
where (b.status in ('finished', 'cancelled') or (b.filled and b.status in ('running', 'paused')))
  and (b.status in ('finished', 'cancelled')) = exists (
      select from enrichcore.runs r where r.batch_id = b.batch_id and r.kind = 'item' and r.status = 'active')

-- name: log
select originator_id, originator_version, topic, state, recorded_at, client_id, entity_id, batch_id, position
from enrichcore.stored_events
where position > %(after)s and (%(until)s::timestamptz is null or recorded_at <= %(until)s)
order by position limit %(limit)s

-- name: last_position
select coalesce(max(position), 0) from enrichcore.stored_events

-- name: load_runs
select run_id, kind, state, version from enrichcore.runs where run_id = any(%(ids)s::uuid[])

-- name: waiters
select company_run_id, run_id from enrichcore.step_runs
where company_run_id = any(%(ids)s::uuid[]) and state = 'waiting_for_company' order by run_id

-- name: gaps_of
select company_run_id, run_id from enrichcore.step_runs
where company_run_id = any(%(ids)s::uuid[]) and state in ('failed', 'timed_out') order by run_id

-- name: answered_items
-- Person by person and item by item, which the limits say: of tables that grew since their statistics were gathered, as by a
-- launch, a plan would read everything.
select asked.person_id, r.run_id
from unnest(%(ids)s::uuid[]) as asked(person_id)
cross join lateral (select run_id from enrichcore.runs where runs.person_id = asked.person_id offset 0) r
cross join lateral (
    select from enrichcore.step_runs s
    where s.run_id = r.run_id and s.attempt > 0 and (s.rank >= 2 or s.state = 'cancelled') limit 1) found
order by r.run_id

-- name: out_items
-- As above.
select asked.person_id, r.run_id
from unnest(%(ids)s::uuid[]) as asked(person_id)
cross join lateral (select run_id from enrichcore.runs where runs.person_id = asked.person_id offset 0) r
cross join lateral (
    select from enrichcore.step_runs s
    where s.run_id = r.run_id
      and (s.state in ('sending', 'awaiting_answer', 'in_doubt') or (s.state = 'cancelled' and s.attempt > 0)) limit 1) found
order by r.run_id

-- name: due
select run_id from enrichcore.step_runs
where state in ('sending', 'retry_wait') and wake_at <= %(now)s
order by wake_at, run_id limit %(limit)s

-- name: overdue
-- Lane by lane, so that waits that may not end yet, however many, are passed over in one step.
with recursive waiting as (
    (select lane_id from enrichcore.step_runs where state in ('awaiting_answer', 'in_doubt') order by lane_id limit 1)
    union all
    select (select s.lane_id from enrichcore.step_runs s
            where s.state in ('awaiting_answer', 'in_doubt') and s.lane_id > waiting.lane_id order by s.lane_id limit 1)
    from waiting where waiting.lane_id is not null
)
select o.run_id
from waiting cross join lateral (
    select s.run_id, s.wake_at from enrichcore.step_runs s
    where s.state in ('awaiting_answer', 'in_doubt') and s.lane_id = waiting.lane_id and s.wake_at <= %(now)s
    order by s.wake_at, s.run_id limit %(limit)s) o
where %(lanes)s::uuid[] is null or waiting.lane_id = any(%(lanes)s::uuid[])
order by o.wake_at, o.run_id limit %(limit)s

-- name: ready
-- The rows that are longest due, looked at one by one, up to 500 more than are wanted. A company run belongs to no batch: it may
-- leave while any waiter's batch runs. Both rows are locked: the run's, because commits lock it first, and the step's, so that
-- its state is looked at again where another claim was just committed. A few more are looked up than wanted, for some may be
-- locked by a commit.
with found as materialized (
    select front.run_id, front.step_no
    from (
        select run_id, step_no, wake_at, batch_id from enrichcore.step_runs
        where state = 'ready' and lane_id = %(lane)s and wake_at <= %(now)s and run_id <> all(%(besides)s::uuid[])
        order by wake_at, run_id limit %(limit)s + 500) front
    cross join lateral (
        (select from enrichcore.batches b where b.batch_id = front.batch_id and b.status = 'running')
        union all
        (select from enrichcore.step_runs w join enrichcore.batches b on b.batch_id = w.batch_id and b.status = 'running'
         where front.batch_id is null and w.company_run_id = front.run_id and w.state = 'waiting_for_company')
        limit 1) wanted
    order by front.wake_at, front.run_id limit %(limit)s + 20
)
select s.run_id
from found join enrichcore.step_runs s using (run_id, step_no) join enrichcore.runs r using (run_id)
where s.state = 'ready' and s.lane_id = %(lane)s and s.wake_at <= %(now)s
order by s.wake_at, s.run_id limit %(limit)s
for update of r, s skip locked

-- name: crowded
-- Whether more rows are due than `ready` looked at.
select exists (
    select from enrichcore.step_runs
    where state = 'ready' and lane_id = %(lane)s and wake_at <= %(now)s and run_id <> all(%(besides)s::uuid[])
    offset %(limit)s + 500)

-- name: ready_behind
-- The same rows, searched for from the batches that run: those of a paused one may stand in front by the hundred thousand.
with recursive here as (
    (select batch_id from enrichcore.step_runs
     where state = 'ready' and lane_id = %(lane)s and batch_id is not null order by batch_id limit 1)
    union all
    select (select s.batch_id from enrichcore.step_runs s
            where s.state = 'ready' and s.lane_id = %(lane)s and s.batch_id > here.batch_id order by s.batch_id limit 1)
    from here where here.batch_id is not null
), found as materialized (
    (select i.run_id, i.step_no
     from here join enrichcore.batches b on b.batch_id = here.batch_id and b.status = 'running'
     cross join lateral (
         select s.run_id, s.step_no, s.wake_at from enrichcore.step_runs s
         where s.state = 'ready' and s.lane_id = %(lane)s and s.batch_id = here.batch_id and s.wake_at <= %(now)s
           and s.run_id <> all(%(besides)s::uuid[])
         order by s.wake_at, s.run_id limit %(limit)s) i
     order by i.wake_at, i.run_id limit %(limit)s)
    union all
    (select s.run_id, s.step_no from enrichcore.step_runs s
     where s.state = 'ready' and s.lane_id = %(lane)s and s.batch_id is null and s.wake_at <= %(now)s
       and s.run_id <> all(%(besides)s::uuid[]) and s.run_id in (
           select w.company_run_id from enrichcore.batches b
           join enrichcore.step_runs w on w.batch_id = b.batch_id and w.state = 'waiting_for_company'
           where b.status = 'running')
     -- Said so that no index gives this order: walking it, the search would look at each row in front.
     order by s.wake_at + interval '0', s.run_id limit %(limit)s)
)
select s.run_id
from found join enrichcore.step_runs s using (run_id, step_no) join enrichcore.runs r using (run_id)
where s.state = 'ready' and s.lane_id = %(lane)s and s.wake_at <= %(now)s
order by s.wake_at, s.run_id limit %(limit)s
for update of r, s skip locked

-- name: ready_lanes
-- A skip scan over the lanes of the partial index: as many probes as there are lanes, however many rows wait.
with recursive waiting as (
    (select lane_id from enrichcore.step_runs where state = 'ready' order by lane_id limit 1)
    union all
    select (select s.lane_id from enrichcore.step_runs s
            where s.state = 'ready' and s.lane_id > waiting.lane_id order by s.lane_id limit 1)
    from waiting where waiting.lane_id is not null
)
select waiting.lane_id, coalesce(l.failures >= %(failures)s or l.doubts >= %(doubts)s, false)
from waiting left join enrichcore.lanes l on l.lane_id = waiting.lane_id
where waiting.lane_id is not null
  and (l.lane_id is null or (l.stopped = '' and (l.held_until is null or l.held_until <= %(now)s)))
order by waiting.lane_id

-- name: stranded
-- Lane by lane, those that are kept passed over in one step; of the others companies' rows, each with the first who may be sent
-- in its place.
with recursive waiting as (
    (select lane_id from enrichcore.step_runs where state = 'ready' order by lane_id limit 1)
    union all
    select (select s.lane_id from enrichcore.step_runs s
            where s.state = 'ready' and s.lane_id > waiting.lane_id order by s.lane_id limit 1)
    from waiting where waiting.lane_id is not null
)
select found.company_run_id, found.item_id
from waiting cross join lateral (
    select s.run_id as company_run_id, first.run_id as item_id
    from enrichcore.step_runs s cross join lateral (
        select w.run_id from enrichcore.step_runs w
        join enrichcore.batches b on b.batch_id = w.batch_id and b.status = 'running'
        where w.company_run_id = s.run_id and w.state = 'waiting_for_company' and w.lane_id = any(%(open)s::uuid[])
        order by w.run_id limit 1) first
    where s.state = 'ready' and s.lane_id = waiting.lane_id and s.batch_id is null
    order by s.wake_at, s.run_id limit %(limit)s) found
where waiting.lane_id is not null and waiting.lane_id <> all(%(kept)s::uuid[])
order by waiting.lane_id limit %(limit)s

-- name: resting
-- Lane by lane, and batch by batch in each that is not kept: nothing but the heads of the two indices is read.
with recursive waiting as (
    (select lane_id from enrichcore.step_runs where state = 'ready' order by lane_id limit 1)
    union all
    select (select s.lane_id from enrichcore.step_runs s
            where s.state = 'ready' and s.lane_id > waiting.lane_id order by s.lane_id limit 1)
    from waiting where waiting.lane_id is not null
)
select waiting.lane_id, found.batch_id
from waiting cross join lateral (
    with recursive here as (
        (select s.batch_id from enrichcore.step_runs s
         where s.state = 'ready' and s.lane_id = waiting.lane_id and s.batch_id is not null order by s.batch_id limit 1)
        union all
        select (select s.batch_id from enrichcore.step_runs s
                where s.state = 'ready' and s.lane_id = waiting.lane_id and s.batch_id > here.batch_id
                order by s.batch_id limit 1)
        from here where here.batch_id is not null
    )
    select batch_id from here) found
join enrichcore.batches b on b.batch_id = found.batch_id and b.status = 'running'
where waiting.lane_id is not null and waiting.lane_id <> all(%(kept)s::uuid[])
order by waiting.lane_id, found.batch_id

-- name: ready_in
select run_id from enrichcore.step_runs
where state = 'ready' and lane_id = %(lane)s and batch_id = %(batch)s order by wake_at, run_id limit %(limit)s

-- name: bucket
-- Creates the bucket full, and locks it, so that runners take from it one after the other. Should a runner's host vanish while it
-- holds the bucket, the server ends its session: TCP alone takes such a host for a slow one, for hours. Until then it keeps no
-- other lane from its turn: a claim waits for what other claims hold for a moment only, and for the log as long as it takes.
insert into enrichcore.pace as p (pace_group, tokens, refilled_at)
select %(group)s, %(burst)s, %(now)s
from set_config('idle_in_transaction_session_timeout', '60s', true) as given_up,
    set_config('lock_timeout', '500ms', true) as passed_over
on conflict (pace_group) do update set tokens = p.tokens
returning tokens, refilled_at

-- name: pour
update enrichcore.pace set tokens = %(tokens)s, refilled_at = %(now)s where pace_group = %(group)s

-- name: in_flight
select count(*) from (
    select from enrichcore.step_runs
    where lane_id = %(lane)s and state in ('sending', 'awaiting_answer', 'in_doubt') limit %(cap)s
) as out

-- name: batches
select state, version from enrichcore.batches
where %(ids)s::uuid[] is null or batch_id = any(%(ids)s::uuid[]) order by launched_at desc, batch_id desc

-- name: unfilled
select b.batch_id, (select count(*) from enrichcore.runs r where r.batch_id = b.batch_id and r.kind = 'item')
from enrichcore.batches b where not b.filled and b.status <> 'cancelled'

-- name: active_items
select run_id from enrichcore.runs
where batch_id = %(batch)s and kind = 'item' and status = 'active' order by run_id limit %(limit)s

-- name: items_of
select run_id from enrichcore.runs
where batch_id = %(batch)s and kind = 'item' and (%(after)s::uuid is null or run_id > %(after)s)
order by run_id limit %(limit)s

-- name: owners
select k.kind, k.value, k.entity_id, o.since,
       (select array_agg(a.kind || ' ' || a.value) from enrichcore.directory_keys a where a.entity_id = k.entity_id)
from unnest(%(kinds)s::text[], %(values)s::text[]) as w(kind, value)
join enrichcore.directory_keys k on k.client_id = %(client)s and k.kind = w.kind and k.value = w.value
join enrichcore.directory_entities o on o.entity_id = k.entity_id

-- name: known
-- By each id that was asked for, the one that stays for it.
select w.id, o.entity_id, o.since,
       (select array_agg(a.kind || ' ' || a.value) from enrichcore.directory_keys a where a.entity_id = o.entity_id)
from unnest(%(ids)s::uuid[]) as w(id)
join enrichcore.directory_entities e on e.entity_id = w.id and e.client_id = %(client)s
join enrichcore.directory_entities o on o.entity_id = coalesce(e.merged_into, e.entity_id)

-- name: answered_since
select position, originator_id, originator_version from enrichcore.stored_events
where position > %(after)s and topic in ('StepAnswered', 'AnswerRevised') order by position limit %(limit)s

-- name: learnt_until
select coalesce(max(position), 0) from enrichcore.learnt

-- name: learn_on
insert into enrichcore.learnt as l (position) values (%(position)s)
on conflict (only_one) do update set position = greatest(l.position, excluded.position)

-- name: uploaded
select person_id, company_id, facts from enrichcore.upload_people
where upload_id = %(upload)s and person_id = any(%(ids)s::uuid[])

-- name: people
-- Who was merged since stands as the one that stayed.
select p.person_id, coalesce(e.merged_into, p.person_id), coalesce(c.merged_into, p.company_id), p.facts
from enrichcore.upload_people p
left join enrichcore.directory_entities e on e.entity_id = p.person_id
left join enrichcore.directory_entities c on c.entity_id = p.company_id
where p.upload_id = %(upload)s
  and (%(companies)s::uuid[] is null or coalesce(c.merged_into, p.company_id) = any(%(companies)s::uuid[]))
order by p.person_id

-- name: told_besides
-- Of an upload that was begun earlier, the first event stands before.
select w.asked, coalesce(c.merged_into, p.company_id), p.facts
from unnest(%(asked)s::uuid[], %(ids)s::uuid[]) as w(asked, id)
join enrichcore.upload_people p on p.person_id = w.id and p.upload_id <> %(besides)s
left join enrichcore.directory_entities c on c.entity_id = p.company_id
left join enrichcore.stored_events u on u.originator_id = p.upload_id and u.originator_version = 1
order by w.asked, coalesce(u.position, 0) desc, p.upload_id, p.person_id <> w.asked, p.person_id

-- name: same_entities
-- Everyone who is the same as each entity, the one that stays among them; nothing for those who never were merged. Few
-- were, and the index of these is all that is read.
select w.id, coalesce(e.merged_into, w.id), m.entity_id
from unnest(%(ids)s::uuid[]) as w(id)
left join enrichcore.directory_entities e on e.entity_id = w.id and e.merged_into is not null
join enrichcore.directory_entities m on m.merged_into is not null and m.merged_into = coalesce(e.merged_into, w.id)
order by m.entity_id

-- name: lanes
select lane_id, client_id, workstream, workflow, stopped, held_until, held_for, asked_until, refusals, failures, doubts, warned,
       version
from enrichcore.lanes order by lane_id

-- name: beat
insert into enrichcore.receivers as r (runner_id, up_since, seen_at) values (%(id)s, now(), now())
on conflict (runner_id) do update set seen_at = now(),
    up_since = case when %(anew)s or r.seen_at < now() - %(lost_after)s then now() else r.up_since end

-- name: leave
-- Takes those with it that were killed and never left.
delete from enrichcore.receivers where runner_id = %(id)s or seen_at < now() - interval '1 day'

-- name: receiver_up
select coalesce(max(now() - up_since), interval '0') from enrichcore.receivers
where seen_at >= now() - %(lost_after)s

-- name: here
insert into enrichcore.runners as r (runner_id, role, seen_at, behind)
select %(id)s, role, now(), %(behind)s from unnest(%(roles)s::text[]) as role
on conflict (runner_id, role) do update set seen_at = now(), behind = excluded.behind

-- name: gone
-- As for receivers.
delete from enrichcore.runners where runner_id = %(id)s or seen_at < now() - interval '1 day'

-- name: roles_up
select distinct role from enrichcore.runners where seen_at >= now() - %(lost_after)s

-- name: roles_behind
select role, min(behind) from enrichcore.runners where seen_at >= now() - %(lost_after)s and behind <> '' group by role

-- name: step_counts
select workflow, state, count(*) from enrichcore.step_runs where batch_id = %(batch)s group by workflow, state

-- name: item_counts
select status, count(*), count(*) filter (where gaps > 0)
from enrichcore.runs where batch_id = %(batch)s and kind = 'item' group by status

-- name: items_in_doubt
-- Items whose own row, or whose company's, may or may not have been delivered.
select count(distinct s.run_id)
from enrichcore.step_runs s
left join enrichcore.step_runs c on c.run_id = s.company_run_id and c.state = 'in_doubt'
where s.batch_id = %(batch)s
  and (s.state = 'in_doubt' or (s.state = 'waiting_for_company' and c.run_id is not null))

-- name: doubt_counts
-- The same by workflow.
select s.workflow, count(*)
from enrichcore.step_runs s
left join enrichcore.step_runs c on c.run_id = s.company_run_id and c.state = 'in_doubt'
where s.batch_id = %(batch)s
  and (s.state = 'in_doubt' or (s.state = 'waiting_for_company' and c.run_id is not null))
group by s.workflow

-- name: all_runs
select run_id, kind, client_id, batch_id, person_id, company_id, workstream, status, gaps, in_doubt, version, state
from enrichcore.runs order by run_id

-- name: all_steps
select run_id, step_no, workflow, workstream, client_id, batch_id, lane_id, state, generation, attempt, wake_at,
       company_run_id, reason, rank, answered_at, reserved, spent
from enrichcore.step_runs order by run_id, step_no

-- name: put_batch
insert into enrichcore.batches
    (batch_id, client_id, upload_id, workstream, status, filled, item_count, launched_at, version, state)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
on conflict (batch_id) do update set status = excluded.status, filled = excluded.filled,
    item_count = excluded.item_count, version = excluded.version, state = excluded.state

-- name: put_lane
insert into enrichcore.lanes
    (lane_id, client_id, workstream, workflow, stopped, held_until, held_for, asked_until, refusals, failures, doubts, warned,
     version)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
on conflict (lane_id) do update set workstream = excluded.workstream, workflow = excluded.workflow,
    stopped = excluded.stopped, held_until = excluded.held_until, held_for = excluded.held_for,
    asked_until = excluded.asked_until, refusals = excluded.refusals, failures = excluded.failures,
    doubts = excluded.doubts, warned = excluded.warned, version = excluded.version

-- name: put_keys
insert into enrichcore.directory_keys (client_id, kind, value, entity_id)
select %s, * from unnest(%s::text[], %s::text[], %s::uuid[])
on conflict (client_id, kind, value) do update set entity_id = excluded.entity_id

-- name: put_entities
insert into enrichcore.directory_entities (client_id, entity_id, kind, since)
select %s, * from unnest(%s::uuid[], %s::text[], %s::int[])
on conflict (entity_id) do nothing

-- name: merge_keys
update enrichcore.directory_keys k set entity_id = m.kept
from unnest(%s::uuid[], %s::uuid[]) as m(merged, kept) where k.entity_id = m.merged

-- name: merge_entities
-- Those who were merged into one that is now merged itself follow it, so that nobody has to walk a chain.
update enrichcore.directory_entities e set merged_into = m.kept
from unnest(%s::uuid[], %s::uuid[]) as m(merged, kept) where e.entity_id = m.merged or e.merged_into = m.merged

-- name: put_people
insert into enrichcore.upload_people (upload_id, person_id, company_id, facts)
select * from unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::bytea[])
on conflict (upload_id, person_id) do update set company_id = excluded.company_id, facts = excluded.facts

-- name: told_tables
create temp table told_runs (like enrichcore.runs) on commit drop;
create temp table told_step_runs (like enrichcore.step_runs) on commit drop

-- name: streams
select originator_id, originator_version, topic, state, recorded_at, client_id, entity_id, batch_id, position
from enrichcore.stored_events where topic = any(%(topics)s) order by originator_id, originator_version

-- name: streams_since
select distinct originator_id from enrichcore.stored_events where position > %(after)s and topic = any(%(topics)s)

-- name: forget_told
with gone as (delete from told_step_runs where run_id = %(id)s)
delete from told_runs where run_id = %(id)s

-- name: drop_steps
delete from enrichcore.step_runs s
where not exists (select from told_step_runs t where t.run_id = s.run_id and t.step_no = s.step_no)

-- name: drop_runs
delete from enrichcore.runs r where not exists (select from told_runs t where t.run_id = r.run_id)

-- name: mend_runs
insert into enrichcore.runs as r
select t.* from told_runs t left join enrichcore.runs o on o.run_id = t.run_id
where o.run_id is null or o.* is distinct from t.*
on conflict (run_id) do update set
    kind = excluded.kind, client_id = excluded.client_id, batch_id = excluded.batch_id, person_id = excluded.person_id,
    company_id = excluded.company_id, workstream = excluded.workstream, status = excluded.status, gaps = excluded.gaps,
    in_doubt = excluded.in_doubt, version = excluded.version, state = excluded.state

-- name: mend_steps
insert into enrichcore.step_runs as s
select t.* from told_step_runs t left join enrichcore.step_runs o on o.run_id = t.run_id and o.step_no = t.step_no
where o.run_id is null or o.* is distinct from t.*
on conflict (run_id, step_no) do update set
    workflow = excluded.workflow, workstream = excluded.workstream, client_id = excluded.client_id,
    batch_id = excluded.batch_id, lane_id = excluded.lane_id, state = excluded.state, generation = excluded.generation,
    attempt = excluded.attempt, wake_at = excluded.wake_at, company_run_id = excluded.company_run_id,
    reason = excluded.reason, rank = excluded.rank, answered_at = excluded.answered_at, reserved = excluded.reserved,
    spent = excluded.spent

-- name: count_sends
insert into enrichcore.webhook_sends as w (webhook, sends)
select * from unnest(%(webhooks)s::text[], %(sends)s::bigint[])
on conflict (webhook) do update set sends = w.sends + excluded.sends

-- name: count_credits
insert into enrichcore.client_credits as c (client_id, day, reserved, spent)
select * from unnest(%(clients)s::uuid[], %(days)s::date[], %(reserved)s::numeric[], %(spent)s::numeric[])
on conflict (client_id, day) do update set reserved = c.reserved + excluded.reserved, spent = c.spent + excluded.spent

-- name: count_answers
insert into enrichcore.answer_counts as a (outcome, answers, last_at)
select *, clock_timestamp() from unnest(%(outcomes)s::text[], %(answers)s::bigint[]) order by 1
on conflict (outcome) do update set answers = a.answers + excluded.answers, last_at = excluded.last_at

-- name: answer_counts
select outcome, answers from enrichcore.answer_counts order by outcome

-- name: answered_at
select last_at from enrichcore.answer_counts where outcome = %(outcome)s

-- name: sends_of
select coalesce(max(sends), 0) from enrichcore.webhook_sends where webhook = %(webhook)s

-- name: credits_of
select coalesce(sum(reserved), 0)
       + coalesce(sum(spent) filter (where %(since)s::date is null or day >= %(since)s::date), 0)
from enrichcore.client_credits where client_id = %(client)s

-- name: lock_client
-- Taken by claims alone: those of other pace groups see what this one reserves, and whom it sends.
select pg_advisory_xact_lock(4985318, hashtext(%(client)s::text))

-- name: lock_webhook
-- Taken by claims alone, near the end of a webhook's life: lanes of several pace groups may share it.
select pg_advisory_xact_lock(4985319, hashtext(%(webhook)s))

-- name: lock_runs
-- Before the log, as whoever mends the table takes the two.
lock table enrichcore.runs in row exclusive mode

-- name: lock_log
-- Its holder is given up as that of a bucket is.
select pg_advisory_xact_lock(%(lock)s) from set_config('idle_in_transaction_session_timeout', '60s', true)

-- name: all_sends
select webhook, sends from enrichcore.webhook_sends where sends <> 0 order by webhook

-- name: all_credits
select client_id, day, reserved, spent from enrichcore.client_credits
where reserved <> 0 or spent <> 0 order by client_id, day

-- name: forget_counts
delete from enrichcore.webhook_sends;
delete from enrichcore.client_credits
