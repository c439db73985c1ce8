//! What is done with a job, by what its handler came to.

use crate::job::{JobError, Verdict};
use crate::model::{Claim, Ending, Policy, Reason, cut, masked};

/// The longest error that is recorded.
const ERROR_LENGTH: usize = 2_000;
/// What is recorded of a job that completed itself and whose row is still there.
const UNCOMMITTED: &str = "the transaction in which the job completed was not committed";

/// What is kept of an error: so much of it, and no secrets. Of a megabyte a few times as much is looked at: what is hidden was seen
/// whole, not cut in two where it could not be known any more.
fn recorded(error: &str) -> String {
    cut(&masked(&cut(error, 4 * ERROR_LENGTH)), ERROR_LENGTH)
}

/// What the handler's task came to.
pub(super) enum Run {
    Ended(Result<(), JobError>),
    BadArguments,
    Panicked(String),
    TimedOut,
}

/// What is done with the job.
pub(super) fn judge(claim: &Claim, policy: &Policy, run: Run, completed_itself: bool) -> Ending {
    let (reason, error) = match run {
        Run::Ended(Ok(())) if completed_itself => (Reason::Uncommitted, UNCOMMITTED.to_owned()),
        Run::Ended(Ok(())) => return Ending::Completed,
        Run::Ended(Err(JobError(Verdict::Cancel))) => return Ending::Cancelled,
        Run::Ended(Err(JobError(Verdict::Snooze(_) | Verdict::RetryAfter(..))))
            if claim.deferrals >= policy.max_deferrals =>
        {
            (Reason::DeferredTooOften, format!("put off more than {} times", policy.max_deferrals))
        }
        Run::Ended(Err(JobError(Verdict::Snooze(delay)))) => return Ending::Snoozed { delay },
        Run::Ended(Err(JobError(Verdict::RetryAfter(delay, _)))) => return Ending::RetryAfter { delay },
        Run::Ended(Err(JobError(Verdict::Discard(error)))) => {
            return Ending::Buried { reason: Reason::Discarded, error: recorded(&error) };
        }
        Run::BadArguments => {
            let error = format!("the arguments do not decode as {} version {}", claim.kind, claim.args_version);
            return Ending::Buried { reason: Reason::BadArguments, error };
        }
        Run::Ended(Err(JobError(Verdict::Retry(error)))) if completed_itself => {
            (Reason::Uncommitted, recorded(&format!("{UNCOMMITTED}: {error}")))
        }
        Run::Ended(Err(JobError(Verdict::Retry(error)))) => (Reason::Error, recorded(&error)),
        Run::Panicked(error) => (Reason::Panic, recorded(&error)),
        Run::TimedOut => (Reason::Timeout, format!("took longer than {:?}", policy.timeout)),
    };
    let failures = claim.failures + 1;
    if failures >= claim.max_failures {
        return Ending::Buried { reason, error };
    }
    let seed = claim.id.0.as_u64_pair().1;
    let delay = policy.retry.delay(failures.unsigned_abs(), seed);
    Ending::Retry { delay, reason, error }
}

#[cfg(test)]
mod tests {
    use super::{ERROR_LENGTH, recorded};

    #[test]
    fn a_megabyte_is_cut_and_no_secret_with_it() {
        let secrets = "postgres://ana:hunter2@db.example/x ana@mail.example.com sk-live0123456789abcdef <b>x</b> ";
        for before in (ERROR_LENGTH - 100..=ERROR_LENGTH).step_by(3) {
            let error = format!("{} {secrets}{}", "x".repeat(before), "y".repeat(1_000_000));
            let kept = recorded(&error);
            assert!(kept.chars().count() <= ERROR_LENGTH);
            for secret in ["hunter2", "ana", "live0123"] {
                assert!(!kept.contains(secret), "{before}: {}", &kept[before - 1..]);
            }
        }
    }
}
