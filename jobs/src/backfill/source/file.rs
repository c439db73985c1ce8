//! Files: surveyed in one streaming pass for the borders of records and another for what is between them; never held whole.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

use super::{Cut, Format, LONGEST_RECORD, Piece, SourceError, Survey, records};

/// Where records begin, as a survey meets them.
struct Borders {
    cut: Cut,
    /// The pieces so far: from, to, first row, rows.
    pieces: Vec<(u64, u64, u64, u64)>,
    rows: u64,
    malformed: u64,
}

impl Borders {
    fn add(&mut self, from: u64, to: u64, malformed: bool) {
        match self.pieces.last_mut() {
            Some((start, end, _, rows)) if *rows < self.cut.rows && to - *start <= self.cut.bytes => {
                (*end, *rows) = (to, *rows + 1);
            }
            _ => self.pieces.push((from, to, self.rows + 1, 1)),
        }
        self.rows += 1;
        self.malformed += u64::from(malformed);
    }
}

/// Finds the borders of a file's records and hashes what is between them.
pub(super) fn survey(path: &Path, format: Format, cut: Cut) -> Result<Survey, SourceError> {
    let unreadable = |error| SourceError::Unreadable { path: path.display().to_string(), error };
    let mut file = File::open(path).map_err(unreadable)?;
    encoding(path, &mut file).map_err(unreadable)??;
    let mut borders = Borders { cut, pieces: Vec::new(), rows: 0, malformed: 0 };
    let header = match format {
        Format::Csv => csv_borders(path, &file, &mut borders)?,
        Format::Json => json_borders(path, &file, &mut borders)?,
    };
    // What stands between two records, a blank line or the other half of a line end, belongs to the piece before.
    let bytes = file.metadata().map_err(unreadable)?.len();
    let ends: Vec<u64> = borders.pieces.iter().skip(1).map(|piece| piece.0).chain([bytes]).collect();
    for (piece, end) in borders.pieces.iter_mut().zip(ends) {
        piece.1 = end;
    }
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    let (sha256, pieces, last) = hashes(&mut file, &borders.pieces).map_err(unreadable)?;
    let Borders { rows, malformed, .. } = borders;
    Ok(Survey { header, bytes, rows, malformed, sha256, pieces, whole: last == Some(b'\n') })
}

/// Reads a piece's bytes.
pub(super) async fn read(path: &Path, piece: &Piece) -> Result<Vec<u8>, SourceError> {
    let (path, seq, range) = (path.to_owned(), piece.seq, piece.bytes);
    let read = move || {
        let unreadable = |error| SourceError::Unreadable { path: path.display().to_string(), error };
        let (from, to) = range.unwrap_or_default();
        let length = usize::try_from(to - from).map_err(|_| SourceError::Changed { seq })?;
        let mut file = File::open(&path).map_err(unreadable)?;
        file.seek(SeekFrom::Start(from.unsigned_abs())).map_err(unreadable)?;
        let mut bytes = vec![0; length];
        match file.read_exact(&mut bytes) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(SourceError::Changed { seq }),
            read => read.map(|()| bytes).map_err(unreadable),
        }
    };
    crate::apart::apart(read).await.map_err(|stopped| SourceError::Database(stopped.to_string()))?
}

/// Refuses what announces itself as another encoding.
fn encoding(path: &Path, file: &mut File) -> io::Result<Result<(), SourceError>> {
    let mut first = [0; 4];
    let length = file.read(&mut first)?;
    file.seek(SeekFrom::Start(0))?;
    let encoding = match &first[..length] {
        [0xFF, 0xFE, ..] | [_, 0, _, 0] => "UTF-16LE",
        [0xFE, 0xFF, ..] | [0, _, 0, _] => "UTF-16BE",
        _ => return Ok(Ok(())),
    };
    Ok(Err(SourceError::Encoding { path: path.display().to_string(), encoding }))
}

fn csv_borders(path: &Path, file: &File, borders: &mut Borders) -> Result<Vec<String>, SourceError> {
    let started = Arc::new(AtomicU64::new(0));
    let fence = Fence { inner: file, read: 0, started: Arc::clone(&started) };
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).buffer_capacity(1 << 16).from_reader(fence);
    let mut record = csv::ByteRecord::new();
    let mut header: Option<Vec<String>> = None;
    loop {
        let from = reader.position().byte();
        started.store(from, Ordering::Relaxed);
        let more = reader.read_byte_record(&mut record).map_err(|error| match error.into_kind() {
            csv::ErrorKind::Io(error) if error.kind() == io::ErrorKind::InvalidData => {
                SourceError::Endless { path: path.display().to_string(), row: borders.rows + 1 }
            }
            csv::ErrorKind::Io(error) => SourceError::Unreadable { path: path.display().to_string(), error },
            _ => SourceError::Unreadable {
                path: path.display().to_string(),
                error: io::Error::other("the CSV cannot be read"),
            },
        })?;
        if !more {
            return header.ok_or_else(|| SourceError::Empty(path.display().to_string()));
        }
        let Some(header) = &header else {
            let names = record.iter().map(|name| String::from_utf8(name.to_vec()).ok()).collect::<Option<Vec<_>>>();
            let unknown = || SourceError::Encoding { path: path.display().to_string(), encoding: "LATIN1" };
            header = Some(names.ok_or_else(unknown)?);
            continue;
        };
        borders.add(from, reader.position().byte(), record.len() != header.len());
    }
}

fn json_borders(path: &Path, file: &File, borders: &mut Borders) -> Result<Vec<String>, SourceError> {
    let unreadable = |error| SourceError::Unreadable { path: path.display().to_string(), error };
    let (mut reader, mut line, mut from) = (BufReader::new(file), Vec::new(), 0);
    let mut header = None;
    loop {
        line.clear();
        let length = reader.by_ref().take(LONGEST_RECORD + 1).read_until(b'\n', &mut line).map_err(unreadable)? as u64;
        if length == 0 {
            return header.ok_or_else(|| SourceError::Empty(path.display().to_string()));
        }
        if length > LONGEST_RECORD {
            return Err(SourceError::Endless { path: path.display().to_string(), row: borders.rows + 1 });
        }
        if !line.trim_ascii().is_empty() {
            let names = records::names(&line);
            borders.add(from, from + length, names.is_none());
            header = header.or(names);
        }
        from += length;
    }
}

/// Hashes the whole and each piece; answers the last byte too.
type Hashes = ([u8; 32], Vec<Piece>, Option<u8>);

fn hashes(file: &mut File, borders: &[(u64, u64, u64, u64)]) -> io::Result<Hashes> {
    let (mut all, mut pieces, mut last) = (Sha256::new(), Vec::new(), None);
    let mut buffer = vec![0; 1 << 16];
    let mut through = |length: u64, one: &mut Sha256, all: &mut Sha256| -> io::Result<()> {
        let mut left = length;
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
            let read = file.read(&mut buffer[..most])?;
            if read == 0 {
                return Err(io::Error::other("the file changed while it was read"));
            }
            one.update(&buffer[..read]);
            all.update(&buffer[..read]);
            last = Some(buffer[read - 1]);
            left -= read as u64;
        }
        Ok(())
    };
    through(borders.first().map_or(0, |first| first.0), &mut Sha256::new(), &mut all)?;
    for ((from, to, first_row, rows), seq) in borders.iter().zip(0..) {
        let mut one = Sha256::new();
        through(to - from, &mut one, &mut all)?;
        pieces.push(Piece {
            seq,
            bytes: Some((from.cast_signed(), to.cast_signed())),
            keys: None,
            first_row: first_row.cast_signed(),
            rows: rows.cast_signed(),
            sha256: one.finalize().to_vec(),
        });
    }
    Ok((all.finalize().into(), pieces, last))
}

/// A reader that gives up where a record does not end.
struct Fence<R> {
    inner: R,
    read: u64,
    started: Arc<AtomicU64>,
}

impl<R: Read> Read for Fence<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.read.saturating_sub(self.started.load(Ordering::Relaxed)) > LONGEST_RECORD {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let read = self.inner.read(buffer)?;
        self.read += read as u64;
        Ok(read)
    }
}
