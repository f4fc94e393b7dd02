-- name: create_engine
do $$ begin
    -- Even where it exists, `if not exists` asks for the right to create one.
    if to_regnamespace('enrichcore') is null then create schema enrichcore; end if;
end $$;
create table if not exists enrichcore.checkpoints (
    read_model text primary key,
    -- Everything up to this position of the log is in the rows.
    position bigint not null,
    rules_version integer not null,
    -- Hash of the SQL that made the tables.
    shape text not null,
    -- What the rules had from the configuration.
    rules text not null default ''
);
alter table enrichcore.checkpoints add column if not exists rules text not null default '';
create table if not exists enrichcore.rebuilds (
    read_model text not null,
    suffix text not null,
    owner uuid not null,
    position bigint not null,
    -- A rebuild that has not been heard of since may be taken over, and its tables dropped.
    until timestamptz not null,
    primary key (read_model, suffix)
);
create table if not exists enrichcore.projection_faults (
    read_model text not null,
    position bigint not null,
    topic text not null,
    reason text not null,
    at timestamptz not null default now(),
    primary key (read_model, position)
)

-- name: exists
select to_regclass('enrichcore.checkpoints') is not null and to_regclass('enrichcore.rebuilds') is not null
    and exists (
        select from pg_attribute where attrelid = to_regclass('enrichcore.checkpoints') and attname = 'rules' and not attisdropped
    )

-- name: checkpoints
select read_model, position, rules_version, shape, rules from enrichcore.checkpoints where read_model = any(%(names)s)

-- name: lock_checkpoints
-- In the order of names, so that two projectors that share models never wait for each other in a circle. Should the host of one
-- vanish, the server ends its session.
select read_model, position, rules_version, shape, rules
from set_config('idle_in_transaction_session_timeout', '60s', true), enrichcore.checkpoints
where read_model = any(%(names)s) order by read_model for update of checkpoints

-- name: new_checkpoint
insert into enrichcore.checkpoints (read_model, position, rules_version, shape, rules)
values (%(name)s, %(position)s, %(version)s, %(shape)s, %(rules)s)
on conflict (read_model) do update
set position = excluded.position, rules_version = excluded.rules_version, shape = excluded.shape, rules = excluded.rules

-- name: put_rules
update enrichcore.checkpoints set rules = %(rules)s where read_model = %(name)s

-- name: newest_of
select topic, state, entity_id from enrichcore.stored_events
where originator_id = %(stream)s order by originator_version desc limit 1

-- name: move_checkpoint
update enrichcore.checkpoints set position = %(position)s where read_model = %(name)s

-- name: set_aside
insert into enrichcore.projection_faults (read_model, position, topic, reason)
values (%(name)s, %(position)s, %(topic)s, %(reason)s)
on conflict (read_model, position) do update set topic = excluded.topic, reason = excluded.reason, at = now()

-- name: faults
select read_model, position, topic, reason, at from enrichcore.projection_faults
where read_model = any(%(names)s) order by position, read_model

-- name: forget_faults
delete from enrichcore.projection_faults where read_model = %(name)s and position <= %(position)s

-- name: last_position
select coalesce(max(position), 0) from enrichcore.stored_events

-- name: last_position_by
select position from enrichcore.stored_events where recorded_at <= %(until)s order by position desc limit 1

-- name: page
-- At most so many events, and no more than one beyond so many bytes.
select position, originator_id, originator_version, topic, state, recorded_at, client_id, entity_id, batch_id
from (
    select e.*, sum(octet_length(e.state)) over (order by e.position) - octet_length(e.state) as bytes_before
    from (
        select * from enrichcore.stored_events
        where position > %(after)s
          and (%(upto)s::bigint is null or position <= %(upto)s)
          and (%(until)s::timestamptz is null or recorded_at <= %(until)s)
          and (%(client)s::uuid is null or client_id is null or client_id = %(client)s)
          and topic <> all(%(skipped)s)
        order by position limit %(limit)s
    ) as e
) as w
where bytes_before < %(max_bytes)s
order by position

-- name: claim_rebuild
insert into enrichcore.rebuilds as r (read_model, suffix, owner, position, until)
values (%(name)s, %(suffix)s, %(owner)s, 0, now() + %(lease)s)
on conflict (read_model, suffix) do update
set owner = excluded.owner, position = 0, until = excluded.until where r.until < now()
returning owner

-- name: renew_rebuild
update enrichcore.rebuilds set position = %(position)s, until = now() + %(lease)s
where read_model = any(%(names)s) and suffix = %(suffix)s and owner = %(owner)s
returning read_model

-- name: end_rebuild
delete from enrichcore.rebuilds
where read_model = any(%(names)s) and suffix = %(suffix)s and owner = %(owner)s

-- name: leftovers
-- A rebuild that is at work holds its row, so that what is locked is no leftover.
select read_model, suffix, owner from enrichcore.rebuilds where until < now() for update skip locked

-- name: forget_rebuild
delete from enrichcore.rebuilds where read_model = %(name)s and suffix = %(suffix)s

-- name: indexes
select indexname from pg_indexes where schemaname = 'enrichcore' and tablename = %(table)s

-- name: grants
select acl.grantee::regrole::text, acl.privilege_type, acl.is_grantable
from pg_class c, aclexplode(c.relacl) as acl
where c.oid = ('enrichcore.' || %(table)s)::regclass and acl.grantee <> c.relowner and acl.grantee <> 0

-- name: depended_on
-- Views, triggers and policies that other people made on a table would go with it.
select exists (
    select from pg_depend d join pg_rewrite r on r.oid = d.objid
    where d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass
      and d.refobjid = ('enrichcore.' || %(table)s)::regclass
) or exists (select from pg_trigger where tgrelid = ('enrichcore.' || %(table)s)::regclass and not tgisinternal)
  or exists (select from pg_policy where polrelid = ('enrichcore.' || %(table)s)::regclass)

-- name: columns
select column_name from information_schema.columns
where table_schema = 'enrichcore' and table_name = %(table)s order by ordinal_position

-- name: column_types
select attname, atttypid::bigint, format_type(atttypid, null) from pg_attribute
where attrelid = %s::regclass and attnum > 0 and not attisdropped order by attnum

-- name: owner_of_rebuild
select owner from enrichcore.rebuilds where read_model = %(name)s and suffix = %(suffix)s
