-- Imported files, with what became of them.
create table enrichcore.uploads{suffix} (
    upload_id uuid primary key,
    client_id uuid not null,
    workstream text not null,
    profile text not null,
    file_name text not null,
    file_sha256 text not null,
    encoding text not null,
    delimiter text not null,
    -- column -> field
    mapped jsonb not null,
    unmapped text[] not null,
    uploaded_by text not null,
    uploaded_at timestamptz not null,
    -- Null until every row of the file is in the log.
    finished_at timestamptz,
    row_count integer,
    person_count integer,
    company_count integer,
    rejected_count integer not null,
    -- Batches launched from it, in order.
    batch_ids uuid[] not null
);
create index uploads{suffix}_by_client on enrichcore.uploads{suffix} (client_id, uploaded_at desc);

-- Rows that name no one, as they were.
create table enrichcore.upload_rejections{suffix} (
    upload_id uuid not null,
    line integer not null,
    client_id uuid not null,
    reason text not null,
    raw jsonb not null,
    primary key (upload_id, line)
);
