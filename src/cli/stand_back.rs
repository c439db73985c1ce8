//! Lets the other processes of the machine go first: however much the jobs compute, an API and a database beside them answer.
//! `make bench-api` measures what the API notices.

use rustix::process::{Pid, getpriority_process, setpriority_process};

/// From now on every thread of this process does.
pub(super) fn stand_back(niceness: u8) {
    // Never further forward than whoever started it has put it.
    let niceness = getpriority_process(None).unwrap_or(0).max(niceness.into());
    // On Linux every thread has a priority of its own; those begun later have that of who began them.
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let threads = threads.filter_map(|thread| Pid::from_raw(thread.file_name().to_str()?.parse().ok()?)).map(Some);
    // Elsewhere the process has one: `None`.
    for thread in threads.chain([None]) {
        if let Err(error) = setpriority_process(thread, niceness) {
            tracing::warn!(%error, niceness, "failed to lower the priority");
        }
        #[cfg(target_os = "linux")]
        if niceness > 0
            && let Some(thread) = thread
            && let Err(error) = lengthen_slice(thread)
        {
            tracing::debug!(%error, "failed to lengthen the time slice");
        }
    }
    // Where Linux shares its time among sessions first, that holds within one only. What leads its own, as services do, speaks
    // for it.
    if std::fs::read_to_string("/proc/self/stat").is_ok_and(|stat| leads_its_session(&stat)) {
        let _there_is_no_such_thing = std::fs::write("/proc/self/autogroup", niceness.to_string());
    }
}

/// Doubles a thread's time slice. Linux lets whoever runs come to the end of its slice, which an API that is woken at every step
/// of a request waits for at every step: half of its rate was gone. Whoever has a shorter slice does not wait (`PREEMPT_SHORT` of
/// the kernel's EEVDF since 6.12; before that slices cannot be asked for, and nothing changes).
#[cfg(target_os = "linux")]
fn lengthen_slice(thread: Pid) -> Result<(), std::io::Error> {
    let thread = thread.as_raw_nonzero().get();
    let mut now = uapi::sched_getattr(thread, 0)?;
    now.sched_runtime *= 2;
    uapi::sched_setattr(thread, &now, 0)?;
    Ok(())
}

/// Whether the process of this `/proc/[pid]/stat` (proc(5)) does.
fn leads_its_session(stat: &str) -> bool {
    // The name stands in brackets and may hold spaces and brackets itself. In a container the session may lead from outside;
    // its number is 0 then, which `getsid` of rustix 1.1 takes for impossible.
    let number = stat.split_whitespace().next();
    // State, parent and group stand before it.
    let session = stat.rsplit_once(')').and_then(|(_, fields)| fields.split_whitespace().nth(3));
    number.is_some() && number == session
}

#[cfg(test)]
mod tests {
    use super::leads_its_session;

    #[test]
    fn a_leader_of_a_session_is_known_by_its_number() {
        let stat = |number, session| format!("{number} (a (b) 7) S 1 42 {session} 0 -1 4194560 1");
        assert!(leads_its_session(&stat(42, 42)));
        assert!(!leads_its_session(&stat(43, 42)));
        assert!(!leads_its_session(&stat(43, 0)), "led from outside the container");
        assert!(!leads_its_session(""));
    }
}
