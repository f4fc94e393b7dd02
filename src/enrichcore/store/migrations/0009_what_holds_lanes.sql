-- Why a lane is held, how many connections to its webhook failed in a row, and of which webhook's life a warning was given.
alter table enrichcore.lanes add column held_for text not null default '';
alter table enrichcore.lanes add column failures integer not null default 0;
alter table enrichcore.lanes add column warned text not null default '';
