-- Up to which position the log was looked through for keys that answers told. No fact: without it the log is looked through
-- anew, and what is in the directory already is no news; see decision 0032.
create table enrichcore.learnt (
    only_one boolean primary key default true check (only_one),
    position bigint not null
);
