//! The machine, and what its processes cost. All of it from `/proc`; where there is none, less is known.

use std::fs;

use rustix::param::clock_ticks_per_second;
use serde::Serialize;

use super::figure::float;

/// What it was measured on.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Machine {
    /// Processors that this process may use.
    pub(crate) cores: usize,
    /// Memory in gigabytes.
    pub(crate) memory_gigabytes: Option<u64>,
    /// What the processor calls itself.
    pub(crate) model: Option<String>,
    /// The operating system's kernel.
    pub(crate) kernel: Option<String>,
}

impl Machine {
    /// This one.
    pub(crate) fn here() -> Self {
        let memory = fs::read_to_string("/proc/meminfo").ok();
        let kilobytes: Option<u64> = memory.and_then(|text| field(&text, "MemTotal")?.split(' ').next()?.parse().ok());
        Self {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_gigabytes: kilobytes.map(|kilobytes| kilobytes.div_ceil(1 << 20)),
            model: fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| field(&text, "model name")),
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease").ok().map(|text| text.trim().to_owned()),
        }
    }
}

/// The processor seconds that a process has used.
pub(super) fn cpu_of(process: u32) -> Option<f64> {
    Some(in_seconds(Stat::of(process)?.own))
}

/// The most memory a process ever had, in megabytes.
pub(super) fn peak_memory_of(process: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let kilobytes: u64 = field(&status, "VmHWM")?.split(' ').next()?.parse().ok()?;
    Some(float(kilobytes) / 1024.0)
}

/// The processor seconds of the server that this backend belongs to: its own, its processes', and those of the ones that
/// have ended.
pub(super) fn cpu_of_server(backend: u32) -> Option<f64> {
    // Of another machine, or another container, the number means somebody else here.
    let name = fs::read_to_string(format!("/proc/{backend}/comm")).ok()?;
    let server = Stat::of(backend).filter(|_| name.starts_with("postgres"))?.parent;
    let head = Stat::of(server)?;
    let processes = fs::read_dir("/proc").ok()?.flatten();
    let processes = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let living = processes.filter_map(Stat::of).filter(|stat| stat.parent == server);
    Some(in_seconds(head.own + head.reaped + living.map(|stat| stat.own).sum::<u64>()))
}

/// What `/proc/[pid]/stat` (proc(5)) says.
struct Stat {
    parent: u32,
    own: u64,
    reaped: u64,
}

impl Stat {
    fn of(process: u32) -> Option<Self> {
        Self::read(&fs::read_to_string(format!("/proc/{process}/stat")).ok()?)
    }

    fn read(text: &str) -> Option<Self> {
        // The name stands in brackets and may hold spaces and brackets itself.
        let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
        let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
        Some(Self {
            parent: fields.get(1)?.parse().ok()?,
            own: number(11)? + number(12)?,
            reaped: number(13)? + number(14)?,
        })
    }
}

fn in_seconds(ticks: u64) -> f64 {
    float(ticks) / float(clock_ticks_per_second().max(1))
}

/// What stands behind a name and a colon.
fn field(text: &str, name: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_times_of_a_process_are_read_past_its_name() {
        let stat = Stat::read("42 (a (b) 7) S 17 42 42 0 -1 4194560 100 0 0 0 250 50 30 20 20 0 1 0").unwrap();
        assert_eq!((stat.parent, stat.own, stat.reaped), (17, 300, 50));
    }
}
