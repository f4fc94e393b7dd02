-- Of how many rows of a lane in a row nobody knows whether they were delivered.
alter table enrichcore.lanes add column doubts integer not null default 0;
