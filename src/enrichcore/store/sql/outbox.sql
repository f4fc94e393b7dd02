-- name: begin
-- What happened before anybody was to be told is no news.
insert into enrichcore.notified (position)
select coalesce(max(position), 0) from enrichcore.stored_events
on conflict (only_one) do nothing

-- name: looked_until
-- Of several processes one looks through the log; the others find the row locked.
select position from enrichcore.notified for update skip locked

-- name: happened
-- The index on events of no person or company serves this, however long the log is.
select originator_id, originator_version, topic, state, recorded_at, client_id, entity_id, batch_id, position
from enrichcore.stored_events
where entity_id is null and topic = any(%(topics)s) and position > %(after)s
order by position limit %(limit)s

-- name: look_on
update enrichcore.notified set position = %(position)s

-- name: put
insert into enrichcore.notifications (notification_id, notice, body)
select * from unnest(%(ids)s::uuid[], %(notices)s::text[], %(bodies)s::text[])
on conflict (notification_id) do nothing

-- name: told_of_budget
-- Of several processes one looks at a time.
select budget_credits, used, since, seen_at, times, holds from enrichcore.budget_news
where client_id = %(client)s and notice = %(notice)s for update

-- name: remember_budget
insert into enrichcore.budget_news (client_id, notice, budget_credits, used, since, seen_at, times, holds)
values (%(client)s, %(notice)s, %(budget_credits)s, %(used)s, %(since)s, %(at)s, %(times)s, %(holds)s)
on conflict (client_id, notice) do update set budget_credits = excluded.budget_credits, used = excluded.used,
    since = excluded.since, seen_at = excluded.seen_at, times = excluded.times, holds = excluded.holds

-- name: take
-- What a process took and did not tell is due again by itself.
update enrichcore.notifications n set attempts = n.attempts + 1, due_at = now() + %(lease)s
where n.notification_id in (
    select notification_id from enrichcore.notifications
    where told_at is null and given_up_at is null and due_at <= now() and notice = any(%(notices)s)
    order by due_at, notification_id limit %(limit)s for update skip locked)
returning n.notification_id, n.notice, n.body, n.attempts

-- name: told
update enrichcore.notifications set told_at = now(), trouble = '' where notification_id = %(id)s

-- name: put_off
update enrichcore.notifications set trouble = %(trouble)s, due_at = now() + %(pause)s,
    given_up_at = case when %(last)s then now() end
where notification_id = %(id)s

-- name: forget
delete from enrichcore.notifications where coalesce(told_at, given_up_at) < now() - %(age)s

-- name: batch_result
-- Credits are those of the batch's items, and of company runs that are charged to it.
select (select coalesce(sum(s.spent), 0) from enrichcore.step_runs s join enrichcore.runs r on r.run_id = s.run_id
        where r.batch_id = %(batch)s),
       b.upload_id, b.workstream
from enrichcore.batches b where b.batch_id = %(batch)s
