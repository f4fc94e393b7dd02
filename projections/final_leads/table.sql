-- What is known of each person of each client, from launch on.
create table enrichcore.final_leads{suffix} (
    lead_id uuid not null,
    client_id uuid not null,
    person_id uuid not null,
    company_id uuid,
    workstreams text[] not null,
    batch_id uuid not null,
    item_id uuid not null,
    updated_at timestamptz not null,
    person_first_name text,
    person_last_name text,
    person_full_name text,
    person_email text,
    person_linkedin_url text,
    person_title text,
    person_headline text,
    person_location text,
    person_summary text,
    person_current_job_start_date text,
    person_email_status text,
    company_name text,
    company_domain text,
    company_linkedin_url text,
    company_website text,
    company_logo_url text,
    company_description text,
    company_industry text,
    company_industries text[],
    company_subindustries text[],
    company_size_bucket text,
    company_employee_count integer,
    company_city text,
    company_state text,
    company_country text,
    company_revenue_range text,
    company_founded_year integer,
    company_type text,
    company_business_stage text,
    company_funding_range text,
    company_technologies text[],
    is_new_in_role boolean,
    is_recently_funded boolean,
    is_worked_at_customer boolean,
    moved_company boolean,
    provenance jsonb not null,
    primary key (client_id, person_id)
);
create unique index final_leads{suffix}_by_id on enrichcore.final_leads{suffix} (lead_id);
create index final_leads{suffix}_by_batch on enrichcore.final_leads{suffix} (batch_id);
create index final_leads{suffix}_by_company on enrichcore.final_leads{suffix} (client_id, company_id);

-- What the fold remembers of a person; one that was merged into another only points to it.
create table enrichcore.lead_persons{suffix} (
    client_id uuid not null,
    person_id uuid not null,
    company_id uuid,
    -- The first day on which an indicator changes by the passing of time alone.
    next_change date,
    merged_into uuid,
    state bytea not null,
    primary key (client_id, person_id)
);
create index lead_persons{suffix}_by_company on enrichcore.lead_persons{suffix} (company_id) where company_id is not null;
create index lead_persons{suffix}_by_change on enrichcore.lead_persons{suffix} (next_change) where next_change is not null;

create table enrichcore.lead_companies{suffix} (
    client_id uuid not null,
    company_id uuid not null,
    merged_into uuid,
    state bytea not null,
    primary key (client_id, company_id)
);

-- Each client's customers, as the configuration last changed them.
create table enrichcore.lead_clients{suffix} (
    client_id uuid primary key,
    customers text[] not null,
    position bigint not null,
    at timestamptz not null
);

create table enrichcore.lead_days{suffix} (
    day date primary key,
    position bigint not null,
    at timestamptz not null
);

-- Whom each workflow of a batch concerns, and the company of each item.
create table enrichcore.lead_batches{suffix} (
    batch_id uuid primary key,
    client_id uuid not null,
    workstream text not null,
    entities jsonb not null
);
create table enrichcore.lead_items{suffix} (
    item_id uuid primary key,
    client_id uuid not null,
    company_id uuid
);
