//! The world of a run as acts see it: the stores, opened when they are first needed, within their budgets;
//! the clock; the notifications; the client for requests. It never outlives the run.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mig_plan::{Plan, StoreConfig};
use tokio::sync::{OnceCell, OwnedSemaphorePermit};

use crate::act::Failure;
use crate::clock::Clock;
use crate::notifications::Notifications;
use crate::settings::Environment;
use crate::store::{self, Store};

/// How long a request of a cut-over may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// See the module.
pub(crate) struct World {
    /// The migration's folder.
    pub(crate) folder: PathBuf,
    pub(crate) environment: Environment,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) notifications: Notifications,
    stores: BTreeMap<String, Slot>,
    client: OnceCell<reqwest::Client>,
    /// Lets the stores of a test fail.
    #[cfg(test)]
    faults: Option<Arc<crate::fixture::faulty::Faults>>,
}

struct Slot {
    config: StoreConfig,
    open: OnceCell<Open>,
}

struct Open {
    store: Store,
    /// All of its budget's places.
    places: u32,
}

impl World {
    pub(crate) fn new(
        plan: &Plan,
        folder: PathBuf,
        environment: Environment,
        clock: Arc<dyn Clock>,
        notifications: Notifications,
    ) -> Self {
        let stores = plan
            .stores
            .iter()
            .map(|(name, config)| (name.clone(), Slot { config: config.clone(), open: OnceCell::new() }))
            .collect();
        Self {
            folder,
            environment,
            clock,
            notifications,
            stores,
            client: OnceCell::new(),
            #[cfg(test)]
            faults: None,
        }
    }

    #[cfg(test)]
    pub(crate) fn with_faults(self, faults: Option<Arc<crate::fixture::faulty::Faults>>) -> Self {
        Self { faults, ..self }
    }

    /// The store of that name in the plan.
    pub(crate) async fn store(&self, name: &str) -> Result<Store, Failure> {
        Ok(self.open(name).await?.store.clone())
    }

    async fn open(&self, name: &str) -> Result<&Open, Failure> {
        let slot = self.slot(name)?;
        let open = slot.open.get_or_try_init(|| async {
            let location = self.environment.locate(&slot.config).map_err(Failure::broken)?;
            let store = store::open(&slot.config, location, &self.folder).await?;
            #[cfg(test)]
            let store = match &self.faults {
                Some(faults) => faults.wrap(store),
                None => store,
            };
            let places = u32::try_from(store.budget.available_permits()).unwrap_or(u32::MAX);
            Ok(Open { store, places })
        });
        open.await.map_err(|failure: Failure| failure.at(format!("store {name}")))
    }

    /// One place in the budget of each of these stores, as often as it is named. Stores come in the order
    /// of their names and each at once, so that two that need the same stores never wait for each other;
    /// and never more than the store has, so that nobody waits forever.
    pub(crate) async fn permits(&self, names: &[&str]) -> Result<Vec<OwnedSemaphorePermit>, Failure> {
        let mut wanted: BTreeMap<&str, u32> = BTreeMap::new();
        for name in names {
            *wanted.entry(name).or_default() += 1;
        }
        let mut permits = Vec::with_capacity(wanted.len());
        for (name, count) in wanted {
            let open = self.open(name).await?;
            let closed = |_| Failure::broken(format!("store {name} was closed"));
            let budget = Arc::clone(&open.store.budget);
            permits.push(budget.acquire_many_owned(count.min(open.places)).await.map_err(closed)?);
        }
        Ok(permits)
    }

    /// How many chunks may go from one store to another at once.
    pub(crate) fn parallel(&self, from: &str, to: &str) -> Result<usize, Failure> {
        let (from_slot, to_slot) = (self.slot(from)?, self.slot(to)?);
        let shared = from_slot.config.connections.min(to_slot.config.connections);
        let each = if from == to { shared / 2 } else { shared };
        Ok(usize::try_from(each).unwrap_or(usize::MAX).max(1))
    }

    /// The client for requests, one for the run.
    pub(crate) async fn client(&self) -> Result<&reqwest::Client, Failure> {
        self.client
            .get_or_try_init(|| async {
                reqwest::Client::builder()
                    .timeout(REQUEST_TIMEOUT)
                    // A redirected POST becomes a GET: the switch would seem done and not be.
                    .redirect(reqwest::redirect::Policy::none())
                    .user_agent(concat!("mig/", env!("CARGO_PKG_VERSION")))
                    .build()
                    .map_err(|error| Failure::broken(format!("requests cannot be sent: {error}")))
            })
            .await
    }

    fn slot(&self, name: &str) -> Result<&Slot, Failure> {
        let missing = || Failure::refused(format!("the plan has no store {name}; make the plan again"));
        self.stores.get(name).ok_or_else(missing)
    }
}
