//! A table as a file: JSON lines in the order of its key, with a count and a hash at the end. It is written beside its place,
//! and takes it when it is whole; a killed export goes on where it was.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use windlass::{JobContext, JobError};

use super::spec::Export;
use super::state::State;
use super::step::Step;
use super::{life, store};
use crate::apart::apart;
use crate::backfill::backup::hex;
use crate::deps::Deps;

/// How many rows are read at once.
const PAGE: i64 = 2_000;

/// How far an export is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Place {
    after: Option<String>,
    rows: u64,
    bytes: u64,
}

pub(super) async fn run(cx: &JobContext<Deps>, job: &Step, export: &Export) -> Result<(), JobError> {
    let Some(statement) = export.target.statements().export else {
        return life::fail(cx, job, &format!("{} cannot be exported by this program", export.target)).await;
    };
    let part = part(&export.path);
    let mut place: Place = cx.checkpointed()?.unwrap_or_default();
    loop {
        if !store::read(cx.db(), job.run_id).await?.is_some_and(|run| run.state == State::Validating) {
            return Ok(());
        }
        let page: Vec<(String, String)> =
            sqlx::query_as(statement).bind(&place.after).bind(PAGE).fetch_all(cx.db()).await?;
        let last = page.last().map(|(key, _)| key.clone());
        let (rows, text) = (page.len() as u64, page.into_iter().map(|(_, line)| line + "\n").collect::<String>());
        let (at, length, path) = (place.bytes, text.len() as u64, part.clone());
        apart(move || append(&path, at, &text)).await??;
        let Some(last) = last else { break };
        place = Place { after: Some(last), rows: place.rows + rows, bytes: at + length };
        cx.checkpoint(&place).await?;
    }
    let (path, from) = (export.path.clone(), part.clone());
    let sha256 = apart(move || seal(&from, &path)).await??;
    let report = json!({ "rows": place.rows, "bytes": place.bytes, "sha256": sha256 });
    life::finish(cx, job, &report, place.rows).await
}

fn part(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

/// Writes at a place, over whatever a killed attempt has left behind it.
fn append(path: &Path, at: u64, text: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new().create(true).write(true).truncate(false).open(path)?;
    file.set_len(at)?;
    std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(at))?;
    file.write_all(text.as_bytes())?;
    file.sync_data()
}

/// Hashes the whole file and puts it where it belongs. Done again, it hashes what is there.
fn seal(part: &Path, path: &Path) -> std::io::Result<String> {
    if part.exists() {
        std::fs::rename(part, path)?;
    }
    let (mut file, mut hash, mut buffer) = (File::open(path)?, Sha256::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex(&hash.finalize())),
            read => hash.update(&buffer[..read]),
        }
    }
}
