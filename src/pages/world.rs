//! The catalog, the stores, and the snapshots of both.

use super::{Example, Page};

pub(super) const PAGES: &[Page] = &[
    Page {
        code: "bad-catalog",
        title: "The catalog has a fault",
        why: "A descriptor file cannot be understood, or two say different things about one entity. What depends on it cannot be checked, so nothing is planned before it is mended.",
        example: Example {
            failing: "
echo 'kind: [' > shop/catalog/teams.yaml
mig check shop
",
            mended: "
rm shop/catalog/teams.yaml
mig check shop
",
        },
        fix: "Mend the descriptor at the line that the message names.",
    },
    Page {
        code: "doubtful-catalog",
        title: "The catalog may not say all that was meant",
        why: "The catalog can be used. A `Location` whose target is not a file is not followed, so that what it names is not known here.",
        example: Example {
            failing: r#"
printf 'apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata: { name: more }\nspec: { target: "https://acme.dev/teams.yaml" }\n' > shop/catalog/more.yaml
mig check shop
"#,
            mended: "
rm shop/catalog/more.yaml
mig check shop
",
        },
        fix: "Add the descriptors to the catalog's patterns, or read the catalog from Backstage; a `Location` that is not meant for `mig` may stay.",
    },
    Page {
        code: "catalog-unavailable",
        title: "The catalog cannot be reached",
        why: "Checking needs the catalog: it says who owns and who reads what.",
        example: Example {
            failing: r#"
sed -i 's|files(.*)|backstage("http://127.0.0.1:1")|' shop/shop.mig
mig check shop
"#,
            mended: r#"
sed -i 's|backstage(.*)|files("catalog/*.yaml")|' shop/shop.mig
mig check shop
"#,
        },
        fix: "Check the address, the token and the network, and run again.",
    },
    Page {
        code: "unset-variable",
        title: "An environment variable is not set",
        why: "A secret is named in the source as `env.NAME` and read when it is needed. Passwords and tokens in it are never shown or written down; an error may say where a store is, its host, port, database and user.",
        example: Example {
            failing: r#"
sed -i 's|"shop.db"|env.SHOP_DB|' shop/shop.mig
mig check shop
"#,
            mended: "
export SHOP_DB=shop.db
mig check shop
",
        },
        fix: "Set the variable and run again.",
    },
    Page {
        code: "store-unreachable",
        title: "A store cannot be reached",
        why: "Checking and planning read the schemas of the stores as they are now.",
        example: Example {
            failing: r#"
sed -i 's|sqlite *{ url = "mart.db" }|postgres { url = "postgres://127.0.0.1:1/mart" }|' shop/shop.mig
mig check shop
"#,
            mended: r#"
sed -i 's|postgres {.*}|sqlite { url = "mart.db" }|' shop/shop.mig
mig check shop
"#,
        },
        fix: "Check that the store is up, its address, and that the user may read it. Where the message says what is wrong in it, such as a file that was cut off, mend or remove that.",
    },
    Page {
        code: "schema-drift",
        title: "A table is not as in the snapshot of the schemas",
        why: "`schemas.lock.json` says what the tables were like when it was pulled and reviewed, and `mig check` believes it. `mig check --live` and `mig plan` look at the stores too, and tell column by column what is different: a column that is new, gone, of another type, nullable or no longer so, with or without a default; another key; a table that is gone. It is an error for the tables that rows come from, and for a new table that was there before: what was reviewed is no longer so. It is a warning for new tables and views that have come or gone, since a run makes and undoes them itself, and for tables of a family's store that no dataset is about.\n\nAfter `mig schema pull`, somebody runs `ALTER TABLE people ADD COLUMN phone TEXT` in the old store. `mig check` still passes; `mig check --live` says that ``column phone (TEXT (text?)) is new``.",
        example: Example {
            failing: "
mig schema pull shop
sqlite3 shop/shop.db 'ALTER TABLE reviews ADD COLUMN seen DATE'
mig check shop --live
",
            mended: "
mig schema pull shop
mig check shop --live
",
        },
        fix: "Run `mig schema pull`, review what differs in the file, and adapt the mapping where `mig check` then says so.",
    },
    Page {
        code: "catalog-drift",
        title: "The catalog is not as in its snapshot",
        why: "`catalog.lock.json` says what the catalog had when it was pulled and reviewed, and `mig check` believes it. `mig check --live` and `mig plan` ask Backstage too. It is an error when an entity of this migration is new, gone or changed: a dataset, a consumer, whoever reads a dataset, an owner, or one who may approve. It is a warning when only others are.\n\nAfter `mig catalog pull`, a new component is registered that depends on a migrated dataset. `mig check` still passes; `mig plan` says that `component:default/newcomer is new`.\n\nThe example is for a Backstage that has `shop/catalog/*.yaml` among its `catalog.locations`, at `BACKSTAGE_URL` and with the token `BACKSTAGE_TOKEN`.",
        example: Example {
            failing: r#"
sed -i 's|files("catalog/.*")|backstage(env.BACKSTAGE_URL, token: env.BACKSTAGE_TOKEN)|' shop/shop.mig
sed -i 's|annotate(.*)|notify|; s|notify, notify|notify|' shop/*.mig  # only files can be annotated
mig catalog pull shop

cat >> shop/catalog/services.yaml <<'END'
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: { name: newcomer, annotations: { acme.dev/tier: low } }
spec: { type: service, lifecycle: production, owner: commerce, dependsOn: [resource:orders-v1] }
END
while mig catalog pull --check shop; do sleep 1; done  # until Backstage has read its files again
mig check --live shop
"#,
            mended: "
mig catalog pull shop
mig check --live shop
",
        },
        fix: "Run `mig catalog pull`, review what differs in the file, and give the newcomer its place where `mig check` then says so.",
    },
    Page {
        code: "outdated-snapshot",
        title: "The sources name what a snapshot does not know",
        why: "A snapshot has what the sources named when it was pulled: these tables, this catalog, these stores. A table that was named since may be there or not, a store that is somewhere else now may hold anything, and CSV that is read by another delimiter or in another encoding has other columns.\n\nAfter `mig schema pull`, a `dataset` with another old table is written, or `url` of a store is changed.",
        example: Example {
            failing: r#"
mig schema pull shop
sed -i 's|"mart.db"|"market.db"|' shop/shop.mig
mig check shop
"#,
            mended: "
mig schema pull shop
mig check shop
",
        },
        fix: "Run `mig schema pull` or `mig catalog pull`, as the message says, and review what differs in the file.",
    },
    Page {
        code: "no-snapshot",
        title: "The editor knows nothing of a part of the world",
        why: "An editor is never kept waiting for Backstage or a store: it is told what their snapshots say, and there is none. Until \
              there is, names of entities, tables and columns are neither offered nor proved; `mig check` reads the world.",
        example: Example {
            failing: r#"
say() { printf 'Content-Length: %s\r\n\r\n%s' ${#1} "$1"; }
answered() { until grep -q "\"id\":$1" answers; do sleep 0.1; done; }
editor() {
  say '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{},"rootUri":"file://'"$PWD"'/shop"}}'
  answered 1
  say '{"jsonrpc":"2.0","method":"initialized","params":{}}'
  say '{"jsonrpc":"2.0","id":2,"method":"workspace/diagnostic","params":{"previousResultIds":[]}}'
  answered 2
  say '{"jsonrpc":"2.0","method":"exit"}'
}
true > answers
editor | mig lsp > answers
! grep -o no-snapshot answers
"#,
            mended: "
mig schema pull shop
true > answers
editor | mig lsp > answers
! grep -o no-snapshot answers
",
        },
        fix: "Make them with `mig catalog pull` and `mig schema pull`, or with the editor's command `mig.refresh`.",
    },
    Page {
        code: "bad-snapshot",
        title: "A snapshot is not whole",
        why: "`catalog.lock.json` or `schemas.lock.json` was cut off, merged with conflicts, or is another file. Nothing is guessed from a part.",
        example: Example {
            failing: "
mig schema pull shop
head -n 20 shop/schemas.lock.json > half && mv half shop/schemas.lock.json
mig check shop
",
            mended: "
mig schema pull shop
mig check shop
",
        },
        fix: "Make it again with `mig catalog pull` or `mig schema pull`, and review what differs.",
    },
    Page {
        code: "snapshot-version",
        title: "A snapshot is of another version",
        why: "What a snapshot says is understood by the version of `mig` that wrote it.",
        example: Example {
            failing: r#"
mig schema pull shop
sed -i 's|"version": [0-9]*|"version": 999|' shop/schemas.lock.json
mig check shop
"#,
            mended: "
mig schema pull shop
mig check shop
",
        },
        fix: "Use the mig that made it, or make it again with this one (`mig catalog pull`, `mig schema pull`) and review what differs.",
    },
    Page {
        code: "edited-snapshot",
        title: "A snapshot was changed after it was pulled",
        why: "A snapshot says what was there, so its content has to have the digest that it claims. It is not the place to try things out.",
        example: Example {
            failing: "
mig schema pull shop
sed -i 's|VARCHAR(80)|VARCHAR(90)|' shop/schemas.lock.json
mig check shop
",
            mended: "
mig schema pull shop
mig check shop
",
        },
        fix: "Make it again with `mig catalog pull` or `mig schema pull`, and review what differs.",
    },
];
