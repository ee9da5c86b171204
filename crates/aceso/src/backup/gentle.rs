//! Work that leaves the processor to whoever is served.

use anyhow::{Context, Result};
use tokio::sync::oneshot;

/// The lowest priority that there is (`man 2 setpriority`).
const LOWEST: i32 = 19;

/// Carries out work on threads of its own, with the lowest priority: it takes longer where others need the processor, and no
/// longer where nobody does.
pub(super) async fn gently<T, F>(work: impl FnOnce() -> F + Send + 'static) -> Result<T>
where
    T: Send + 'static,
    F: Future<Output = Result<T>>,
{
    let (tell, done) = oneshot::channel();
    let run = move || -> Result<T> {
        // On Linux each thread has a priority of its own, and gives it to those that it begins.
        if let Err(error) = rustix::process::setpriority_process(None, LOWEST) {
            tracing::debug!(%error, "the priority stays as it is");
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_done_gently_has_the_lowest_priority_on_all_its_threads_and_this_one_keeps_its_own()
     {
        let own = || rustix::process::getpriority_process(None).unwrap();
        let before = own();
        let theirs = gently(move || async move {
            let blocking = tokio::task::spawn_blocking(own).await?;
            Ok((own(), blocking))
        });
        assert_eq!(theirs.await.unwrap(), (LOWEST, LOWEST));
        assert_eq!(own(), before);
        let wrong: Result<()> = gently(|| async { anyhow::bail!("no") }).await;
        assert!(wrong.is_err());
    }
}
