//! Work that leaves the processor to whoever is served.

use anyhow::{Context, Result};
use thread_priority::{
    NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy,
    set_thread_priority_and_policy, thread_native_id,
};
use tokio::sync::oneshot;

/// The lowest priority that there is (`man 2 setpriority`).
const LOWEST: i32 = 19;
/// Below all priorities (`man 7 sched`): whoever wakes does not wait for the end of a slice of time.
const IDLE: ThreadSchedulePolicy = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);

/// Carries out work on threads of its own, which have the processor when nobody else wants it: it takes longer where others
/// do, and no longer where nobody does.
pub(super) async fn gently<T, F>(work: impl FnOnce() -> F + Send + 'static) -> Result<T>
where
    T: Send + 'static,
    F: Future<Output = Result<T>>,
{
    let (tell, done) = oneshot::channel();
    let run = move || -> Result<T> {
        step_back();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        runtime.block_on(work())
    };
    std::thread::Builder::new()
        .name("backup".to_owned())
        .spawn(move || {
            // Whoever waits may be gone: the server is stopping.
            let _ = tell.send(run());
        })?;
    done.await.context("the backup ended early")?
}

/// On Linux each thread has a policy and a priority of its own, and gives them to those that it begins.
fn step_back() {
    if let Err(error) =
        set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, IDLE)
    {
        tracing::debug!(?error, "the scheduling policy stays as it is");
    }
    if let Err(error) = rustix::process::setpriority_process(None, LOWEST) {
        tracing::debug!(%error, "the priority stays as it is");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The scheduling policy of this thread and its nice value, as `/proc` shows them (`man 5 proc`: fields 41 and 19).
    fn own() -> (u32, i32) {
        let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
        let after = stat.rsplit(')').next().unwrap();
        let field = |number: usize| after.split_whitespace().nth(number - 3).unwrap();
        (field(41).parse().unwrap(), field(19).parse().unwrap())
    }

    #[tokio::test]
    async fn what_is_done_gently_has_the_processor_last_on_all_its_threads_and_this_one_keeps_its_own()
     {
        let before = own();
        let theirs = gently(move || async move {
            let blocking = tokio::task::spawn_blocking(own).await?;
            Ok((own(), blocking))
        });
        // SCHED_IDLE.
        assert_eq!(theirs.await.unwrap(), ((5, LOWEST), (5, LOWEST)));
        assert_eq!(own(), before);
        let wrong: Result<()> = gently(|| async { anyhow::bail!("no") }).await;
        assert!(wrong.is_err());
    }
}
