//! A private Postgres from the machine's own server programs: durable, reached by a Unix socket only, shared by any number of
//! processes, and gone shortly after its last user. Also the test databases. It is no Postgres of its own: where the programs
//! are missing it says what to install.

mod cluster;
mod error;
mod home;
mod ping;
mod programs;
mod reaper;
mod server;
mod test_database;
mod user;

pub use cluster::Cluster;
pub use error::EmbeddedError;
pub use home::Mode;
pub use programs::Programs;
pub use test_database::TestDatabase;
