//! What goes over everything from the beginning of time goes over what a forgotten transaction keeps from being vacuumed away, too:
//! it must not keep a processor busy with that.

use std::time::Duration;

/// What takes longer is not done again at once.
pub(super) const LONG: Duration = Duration::from_millis(20);
/// It rests for so many times what it took …
const TIMES: u32 = 20;
/// … but no longer than this.
const LONGEST: Duration = Duration::from_mins(1);

/// The rest after something that took so long, well or badly: what failed may have been broken off because it took too long.
pub(super) fn rest_after(took: Duration) -> Duration {
    (took * TIMES).min(LONGEST)
}
