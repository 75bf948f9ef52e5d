//! Every entity that the source names is in the catalog and of a fitting kind.

use mig_lang::Diagnostic;
use mig_plan::{Catalog, EntityRef};

use super::{Scene, portal};
use crate::hir::EntityUse;

/// What an entity is named for.
#[derive(Clone, Copy)]
enum Role {
    Owner,
    Approver,
    Dataset,
    Consumer,
}

impl Role {
    /// Whether an entity of that kind fits. Portals have kinds of their own, so that only what cannot be
    /// meant is refused.
    fn fits(self, entity: &EntityRef) -> bool {
        let kind = entity.kind();
        match self {
            Self::Owner | Self::Approver => portal::can_own(entity),
            Self::Dataset => {
                !matches!(kind, "group" | "user" | "location" | "template" | "domain" | "system")
            }
            Self::Consumer => !matches!(kind, "group" | "user" | "location" | "template"),
        }
    }

    fn wanted(self) -> &'static str {
        match self {
            Self::Owner => "an owner is a group or a user",
            Self::Approver => "a group or a user approves",
            Self::Dataset => "a dataset is a resource, an API or a component",
            Self::Consumer => "a consumer is a component, an API, a resource or a system",
        }
    }
}

pub(super) fn check(scene: &Scene, out: &mut Vec<Diagnostic>) {
    let program = scene.program;
    let mut uses: Vec<(&EntityUse, Role)> = Vec::new();
    uses.extend(
        program.migration.iter().flat_map(|migration| &migration.owner).map(|used| (used, Role::Owner)),
    );
    for dataset in program.datasets.values() {
        uses.extend(dataset.old_entity.iter().chain(&dataset.new_entity).map(|used| (used, Role::Dataset)));
    }
    uses.extend(
        program.consumers.values().flat_map(|consumer| &consumer.entity).map(|used| (used, Role::Consumer)),
    );
    uses.extend(
        program.approvals.values().flat_map(|approval| &approval.from).map(|used| (used, Role::Approver)),
    );
    // A search for a near name reads the whole catalog: some unknown entities get one, thousands do not.
    let mut searches = 20;
    for (used, role) in uses {
        if scene.world.catalog.get(&used.entity).is_none() {
            out.push(unknown(scene.world.catalog, used, &mut searches));
        } else if !role.fits(&used.entity) {
            out.push(
                Diagnostic::error("unfitting-entity", used.span, role.wanted())
                    .here(format!("this is {}", crate::prose::with_article(used.entity.kind()))),
            );
        }
    }
}

fn unknown(catalog: &Catalog, used: &EntityUse, searches: &mut u32) -> Diagnostic {
    let written = used.entity.source_form();
    let error = Diagnostic::error("unknown-entity", used.span, format!("the catalog has no `{written}`"));
    let near = if *searches > 0 {
        *searches -= 1;
        nearest(catalog, &used.entity)
    } else {
        None
    };
    match near {
        Some(near) => {
            let near = near.source_form();
            error.here(format!("did you mean `{near}`?")).fix(format!("write `{near}`"), used.span, near)
        }
        None if catalog.is_empty() => {
            error.help("The catalog is empty: does its source name the right files?")
        }
        None => error
            .help("Register it in the catalog first: the catalog is where consumers and owners come from."),
    }
}

/// The entity that was probably meant: one of that name elsewhere, or one of a near name.
pub fn nearest<'c>(catalog: &'c Catalog, wanted: &EntityRef) -> Option<&'c EntityRef> {
    let same_name = catalog
        .names()
        .filter(|entity| entity.name() == wanted.name())
        .max_by_key(|entity| (entity.kind() == wanted.kind(), entity.namespace() == wanted.namespace()));
    same_name.or_else(|| {
        let of_kind = || catalog.names().filter(|entity| entity.kind() == wanted.kind());
        let near = mig_lang::nearest(wanted.name(), of_kind().map(|entity| entity.name()))?;
        of_kind().find(|entity| entity.name() == near)
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::fixture::said;

    #[test]
    fn near_names_are_offered() {
        let source = "
migration shop {
  owner   = @group:plattform
  catalog = files(\"catalog/*.yaml\")
}
dataset customers: legacy.customers -> lake.sales.customers {
  entity  = @component:customers -> @resource:shop/orders-v2
  columns = same
}
consumer website: @group:commerce {
  reads    = customers
  cut_over = notify
}
consumer zebra: @component:zebra {
  reads    = customers
  cut_over = notify
}
approval money { from = [@system:shop, @user:ann] }
wave all {
  move     = datasets, consumers
  approval = money
}
";
        assert_snapshot!(said(source), @"
        error[unknown-entity]: the catalog has no `@group:plattform`
          2:13 @group:plattform  <- did you mean `@group:platform`?
          fix: write `@group:platform`
        error[unknown-entity]: the catalog has no `@component:customers`
          6:13 @component:customers  <- did you mean `@resource:customers`?
          fix: write `@resource:customers`
        error[unknown-entity]: the catalog has no `@resource:shop/orders-v2`
          6:37 @resource:shop/orders-v2  <- did you mean `@resource:orders-v2`?
          fix: write `@resource:orders-v2`
        error[unfitting-entity]: a consumer is a component, an API, a resource or a system
          9:19 @group:commerce  <- this is a group
        error[unknown-entity]: the catalog has no `@component:zebra`
          13:17 @component:zebra
          help: Register it in the catalog first: the catalog is where consumers and owners come from.
        error[unfitting-entity]: a group or a user approves
          17:26 @system:shop  <- this is a system
        ");
    }
}
