-- name: new_parts
-- Unlogged: after a crash of the server a rebuild begins anew anyway. `{parts}` is this rebuild's own table.
create unlogged table {parts} (
    entity_id uuid primary key,
    number bigint not null,
    -- The least number that is known to be in the same closed group.
    label bigint not null,
    events bigint not null,
    part integer
);
create unlogged table {links} (a uuid not null, b uuid not null)

-- name: drop_parts
drop table if exists {parts}, {links}

-- name: links
select position, originator_id, originator_version, topic, state, recorded_at, client_id, entity_id, batch_id
from enrichcore.stored_events
where entity_id is not null and topic = any(%(topics)s) and position <= %(upto)s
  and (%(until)s::timestamptz is null or recorded_at <= %(until)s)
  and (%(client)s::uuid is null or client_id = %(client)s)

-- name: fill_parts
insert into {parts} (entity_id, number, label, events)
select entity_id, number, number, events
from (
    select entity_id, row_number() over () as number, sum(events) as events
    from (
        select entity_id, count(*) as events from enrichcore.stored_events
        where entity_id is not null and position <= %(upto)s
          and (%(until)s::timestamptz is null or recorded_at <= %(until)s)
          and (%(client)s::uuid is null or client_id = %(client)s)
        group by entity_id
        union all select a, 0 from {links}
        union all select b, 0 from {links}
    ) as known
    group by entity_id
) as numbered

-- name: spread_labels
with told as (
    select entity_id, min(label) as label
    from (
        select l.a as entity_id, p.label from {links} l join {parts} p on p.entity_id = l.b
        union all
        select l.b, p.label from {links} l join {parts} p on p.entity_id = l.a
    ) as neighbours
    group by entity_id
)
update {parts} p set label = told.label from told where told.entity_id = p.entity_id and told.label < p.label

-- name: jump_labels
-- The label of my label is known to be with me too: chains are walked in leaps.
update {parts} p set label = q.label from {parts} q where q.number = p.label and q.label < p.label

-- name: number_parts
update {parts} p set part = n.part
from (
    select label, ((sum(events) over (order by label) - events) / %(size)s)::integer as part
    from (select label, sum(events) as events from {parts} group by label) as grouped
) as n
where n.label = p.label

-- name: index_parts
create index on {parts} (part)

-- name: parts
select part, sum(events)::bigint from {parts} group by part having sum(events) > 0 order by part

-- name: part_page
select position, originator_id, originator_version, topic, state, recorded_at, client_id, entity_id, batch_id
from (
    select w.*, sum(octet_length(w.state)) over (order by w.position) - octet_length(w.state) as bytes_before
    from (
        select e.* from {parts} p join enrichcore.stored_events e on e.entity_id = p.entity_id
        where p.part = %(part)s and e.position > %(after)s and e.position <= %(upto)s
          and (%(until)s::timestamptz is null or e.recorded_at <= %(until)s)
          and (%(client)s::uuid is null or e.client_id = %(client)s)
        order by e.position limit %(limit)s
    ) as w
) as b
where bytes_before < %(max_bytes)s
order by position

-- name: common
select position, originator_id, originator_version, topic, state, recorded_at, client_id, entity_id, batch_id
from enrichcore.stored_events
where entity_id is null and topic <> all(%(skipped)s) and position <= %(upto)s
  and (%(until)s::timestamptz is null or recorded_at <= %(until)s)
  and (%(client)s::uuid is null or client_id is null or client_id = %(client)s)
order by position
