-- Who restores a backup asks for the erasures that are newer than it, person by person.
create index erasure_requests_by_hash on insights.erasure_requests (subject_hash);
