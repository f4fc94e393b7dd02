-- An event's bytes are one line of JSON and, for the few with a body, a line feed and the body, which the payload is
-- without. Neither function can fail,
-- whatever the bytes: jsonb holds no character 0 and no lone surrogate, so these become U+FFFD; what is no JSON gives null.
create or replace function enrichcore.event_payload(state bytea) returns jsonb
language plpgsql stable strict as $$
declare
    line_end integer := position('\x0a'::bytea in state);
    head text;
begin
    head := convert_from(case when line_end > 0 then substring(state for line_end - 1) else state end, 'UTF8');
    begin
        return case when line_end > 0 then head::jsonb - 'body' else head::jsonb end;
    exception when others then
        return regexp_replace(
            regexp_replace(
                head, '(?<!\\)((?:\\\\)*)\\u(?:0000|[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F]))', '\1\\ufffd', 'g'
            ),
            '(?<!\\u[dD][89abAB][0-9a-fA-F]{2})(?<!\\)((?:\\\\)*)\\u[dD][c-fC-F][0-9a-fA-F]{2}', '\1\\ufffd', 'g'
        )::jsonb;
    end;
exception when others then
    return null;
end
$$;

create or replace function enrichcore.event_body(state bytea) returns text
language plpgsql stable strict as $$
declare
    line_end integer := position('\x0a'::bytea in state);
    body bytea := substring(state from line_end + 1);
begin
    if line_end = 0 then
        return null;
    end if;
    return convert_from(body, 'UTF8');
exception when others then
    -- Printable, with every other byte as a backslash and three octal digits.
    return encode(body, 'escape');
end
$$;

-- The event log, open to SQL.
create or replace view enrichcore.events as
select
    e.position,
    e.originator_id as stream_id,
    e.originator_version as version,
    e.topic as type,
    e.recorded_at as at,
    e.client_id,
    e.entity_id,
    e.batch_id,
    enrichcore.event_payload(e.state) as payload,
    enrichcore.event_body(e.state) as body
from enrichcore.stored_events as e;
