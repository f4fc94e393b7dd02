-- Why a process goes by another configuration than the one in force; empty where it does not, or is of a version that does not say.
alter table enrichcore.runners add column behind text not null default '';
