//! What the jobs compute, against fixtures.

#![expect(
    clippy::struct_field_names,
    reason = "rows have the names of their files"
)]

mod time_cases;
