-- The answer in force for each company and workflow, as it came.
create table enrichcore.company_enrichment_results{suffix} (
    client_id uuid not null,
    company_id uuid not null,
    workflow text not null,
    workstream text,
    -- The company run, or the item, that was answered.
    item_id uuid not null,
    batch_id uuid,
    -- `data`, `empty` or `error`
    status text not null,
    rank smallint not null,
    source text not null,
    error text not null,
    credits numeric,
    content_hash text not null,
    answered_at timestamptz not null,
    position bigint not null,
    -- Every byte as it came; as text and as JSON as far as PostgreSQL can hold it.
    body bytea not null,
    body_text text not null,
    -- The item or company run that a reused answer was recorded in.
    reused_from uuid,
    primary key (client_id, company_id, workflow)
);
create index company_enrichment_results{suffix}_by_id on enrichcore.company_enrichment_results{suffix} (company_id);

-- The same for each person.
create table enrichcore.person_enrichment_results{suffix} (
    client_id uuid not null,
    person_id uuid not null,
    workflow text not null,
    workstream text,
    item_id uuid not null,
    batch_id uuid,
    status text not null,
    rank smallint not null,
    source text not null,
    error text not null,
    credits numeric,
    content_hash text not null,
    answered_at timestamptz not null,
    position bigint not null,
    body bytea not null,
    body_text text not null,
    reused_from uuid,
    primary key (client_id, person_id, workflow)
);
create index person_enrichment_results{suffix}_by_id on enrichcore.person_enrichment_results{suffix} (person_id);

create table enrichcore.result_merges{suffix} (
    client_id uuid not null,
    entity_id uuid not null,
    merged_into uuid not null,
    primary key (client_id, entity_id)
);
create table enrichcore.result_batches{suffix} (
    batch_id uuid primary key,
    client_id uuid not null,
    workstream text not null,
    entities jsonb not null
);
create table enrichcore.result_items{suffix} (
    item_id uuid primary key,
    client_id uuid not null,
    company_id uuid
);
