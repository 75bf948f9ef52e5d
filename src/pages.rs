//! The pages of the program's own codes: problems of the world around a migration. The codes of the
//! language are the compiler's. `mig explain CODE` prints either.

use std::fmt;

/// The page of one code.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    /// The code.
    pub(crate) code: &'static str,
    /// What it says, without full stop.
    pub(crate) title: &'static str,
    /// Why it stops the program, and what to do.
    pub(crate) text: &'static str,
}

/// The page as Markdown, like the compiler's.
impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "# {}\n\n{}.\n\n{}", self.code, self.title, self.text)
    }
}

/// The page of a code.
pub(crate) fn page(code: &str) -> Option<&'static Page> {
    PAGES.iter().find(|page| page.code == code)
}

/// Every page, by concern.
pub(crate) const PAGES: &[Page] = &[
    Page {
        code: "usage",
        title: "The command line cannot be understood",
        text: "`mig COMMAND --help` shows the arguments with examples.",
    },
    Page {
        code: "unknown-code",
        title: "There is no diagnostic of this code",
        text: "`mig explain` without a code lists all of them.",
    },
    Page {
        code: "not-found",
        title: "A file or folder does not exist",
        text: "Check the path. A plan file knows its migration's folder by the way from one to the other; `--folder` names it \
               when they were moved apart.",
    },
    Page {
        code: "unreadable",
        title: "A file or folder cannot be read",
        text: "Check that you may read it and that the disk is sound.",
    },
    Page {
        code: "unwritable",
        title: "A file cannot be written",
        text: "Check that its folder exists, that you may write there, and that the disk has room. Files are replaced in one step, \
               so what was there before is whole.",
    },
    Page {
        code: "not-a-folder",
        title: "A migration is a folder, and this is a file",
        text: "A folder of `.mig` files is one migration, whatever the files are called. Give the folder.",
    },
    Page {
        code: "no-sources",
        title: "The folder has no `.mig` files",
        text: "Folders inside are looked into, hidden ones are not. `mig demo` makes a migration to look at.",
    },
    Page {
        code: "unknown-dataset",
        title: "The migration has no dataset of this name",
        text: "A member of a family is `family.member`, and the family's name alone stands for all of them. `mig plan --all` lists every \
               dataset.",
    },
    Page {
        code: "unknown-subject",
        title: "Neither the catalog nor the migration has this",
        text: "Impact is asked for an entity of the catalog (`@resource:orders`, `resource:default/orders`, or its name where no other \
               entity has it) or for a dataset of the migration. A column is one of the old table's.",
    },
    Page {
        code: "sources-exist",
        title: "The folder has a migration already",
        text: "A folder of `.mig` files is one migration, and `mig init` writes a new one. Give another folder, or `--force` to replace \
               the file that an earlier `mig init` wrote; other files are never replaced.",
    },
    Page {
        code: "nothing-to-propose",
        title: "No migration follows from what the catalog and the stores say",
        text: "`mig init` pairs entities of the catalog with tables of the old store. An entity says its table with the annotation \
               `mig.dev/table`, or has its name, with `_` for `-`. Nothing was written.",
    },
    Page {
        code: "source-too-large",
        title: "A source is larger than people write",
        text: "It is probably not a `.mig` file. If it is, split it: a migration may have any number of files, and families \
               (`datasets`, `consumers`) say in a few lines what thousands of items would.",
    },
    Page {
        code: "not-utf-8",
        title: "A source is not UTF-8 text",
        text: "It is probably not a `.mig` file. If it is, save it as UTF-8.",
    },
    Page {
        code: "bad-catalog",
        title: "The catalog has a fault",
        text: "A descriptor file cannot be understood, or two say different things about one entity. What depends on it cannot be \
               checked, so nothing is planned before it is mended.",
    },
    Page {
        code: "doubtful-catalog",
        title: "The catalog may not say all that was meant",
        text: "The catalog can be used. A file that matches no pattern, or a relation to an entity that is not there, is often a slip.",
    },
    Page {
        code: "catalog-unavailable",
        title: "The catalog cannot be reached",
        text: "Checking needs the catalog: it says who owns and who reads what. Check the address, the token and the network, and run \
               again.",
    },
    Page {
        code: "unset-variable",
        title: "An environment variable is not set",
        text: "A secret is named in the source as `env.NAME` and read when it is needed. Set the variable and run again; its value is \
               never shown or written down.",
    },
    Page {
        code: "store-unreachable",
        title: "A store cannot be reached",
        text: "Checking and planning read the schemas of the stores as they are now. Check that the store is up, its address, and that \
               the user may read it.",
    },
    Page {
        code: "schema-drift",
        title: "A table is not as in the snapshot of the schemas",
        text: "`schemas.lock.json` says what the tables were like when it was pulled and reviewed, and `mig check` believes it. `mig check \
               --live` and `mig plan` look at the stores too, and tell column by column what is different: a column that is new, gone, of \
               another type, nullable or no longer so, with or without a default; another key; a table that is gone. It is an error for \
               the tables that rows come from, and for a new table that was there before: what was reviewed is no longer so. It is a \
               warning for new tables and views that have come or gone, since a run makes and undoes them itself, and for tables of a \
               family's store that no dataset is about.\n\n\
               ## Example\n\n\
               After `mig schema pull`, somebody runs `ALTER TABLE people ADD COLUMN phone TEXT` in the old store. `mig check` still \
               passes; `mig check --live` says that ``column phone (TEXT (text?)) is new``.\n\n\
               ## What to do\n\n\
               Run `mig schema pull`, review what differs in the file, and adapt the mapping where `mig check` then says so.",
    },
    Page {
        code: "catalog-drift",
        title: "The catalog is not as in its snapshot",
        text: "`catalog.lock.json` says what the catalog had when it was pulled and reviewed, and `mig check` believes it. `mig check --live` \
               and `mig plan` ask Backstage too. It is an error when an entity of this migration is new, gone or changed: a dataset, a \
               consumer, whoever reads a dataset, an owner, or one who may approve. It is a warning when only others are.\n\n\
               ## Example\n\n\
               After `mig catalog pull`, a new component is registered that depends on a migrated dataset. `mig check` still passes; `mig \
               plan` says that ``component:default/newcomer is new``.\n\n\
               ## What to do\n\n\
               Run `mig catalog pull`, review what differs in the file, and give the newcomer its place where `mig check` then says so.",
    },
    Page {
        code: "outdated-snapshot",
        title: "The sources name what a snapshot does not know",
        text: "A snapshot has what the sources named when it was pulled: these tables, this catalog, these stores. A table that was named \
               since may be there or not, and a store that is somewhere else now may hold anything.\n\n\
               ## Example\n\n\
               After `mig schema pull`, a `dataset` with another old table is written, or `url` of a store is changed.\n\n\
               ## What to do\n\n\
               Run `mig schema pull` or `mig catalog pull`, as the message says, and review what differs in the file.",
    },
    Page {
        code: "bad-snapshot",
        title: "A snapshot is not whole",
        text: "`catalog.lock.json` or `schemas.lock.json` was cut off, merged with conflicts, or is another file. Nothing is guessed from a \
               part. Make it again with `mig catalog pull` or `mig schema pull`, and review what differs.",
    },
    Page {
        code: "snapshot-version",
        title: "A snapshot is of another version",
        text: "Use the mig that made it, or make it again with this one (`mig catalog pull`, `mig schema pull`) and review what differs.",
    },
    Page {
        code: "edited-snapshot",
        title: "A snapshot was changed after it was pulled",
        text: "A snapshot says what was there, so its content has to have the digest that it claims. It is not the place to try things \
               out. Make it again with `mig catalog pull` or `mig schema pull`, and review what differs.",
    },
    Page {
        code: "bad-plan",
        title: "The file is not a plan",
        text: "Give a file that `mig plan -o FILE` wrote, or make it again.",
    },
    Page {
        code: "plan-version",
        title: "The plan file is of another version",
        text: "Use the mig that made it, or make the plan again with this one and review what differs.",
    },
    Page {
        code: "edited-plan",
        title: "The plan file was changed after it was made",
        text: "A plan is executed exactly as it was reviewed and approved, so its digest has to fit. Change the sources and make the \
               plan again.",
    },
    Page {
        code: "stale-plan",
        title: "The world is no longer what the plan was made from",
        text: "A source, the catalog, or the schema of a table has changed since. What was reviewed may no longer be right, so nothing \
               is done. Make the plan again and review what differs. Rows may change at any time: they are not part of a plan.",
    },
    Page {
        code: "not-confirmed",
        title: "Nobody could be asked",
        text: "A command that changes something asks first, and needs a terminal for that. In a pipeline, review a plan file and apply \
               that, or say `--yes`.",
    },
    Page {
        code: "locked",
        title: "Another run has the migration",
        text: "One run at a time per migration. The message names who has it. A process that died holds it for some seconds at the \
               most.",
    },
    Page {
        code: "taken-over",
        title: "Another process took the run over",
        text: "This process did not show a sign of life for too long (a suspended machine, a stalled disk), and another one went on. \
               This one changed nothing after that.",
    },
    Page {
        code: "unfinished-run",
        title: "A run of another plan is not finished",
        text: "Two plans at once would undo each other's work. Go on with the one that was begun (`mig apply FOLDER`), or undo it \
               (`mig rollback FOLDER`).",
    },
    Page {
        code: "bad-journal",
        title: "The journal cannot be understood",
        text: "It is of a newer mig, of another migration, or was changed by hand. Nothing is guessed and nothing was done. Use the mig \
               that wrote it; `--state` names another folder.",
    },
    Page {
        code: "journal-unavailable",
        title: "The journal cannot be read or written",
        text: "Every step is written down before it acts, so without the journal nothing is done. Check that the folder can be written \
               and that the disk has room, and give the same command again.",
    },
    Page {
        code: "no-run",
        title: "Nothing was run here yet",
        text: "Give a plan file, or apply a plan first.",
    },
    Page {
        code: "unknown-wave",
        title: "The plan has no wave of that name",
        text: "`mig status` shows the waves of a run, `mig plan` those of a plan.",
    },
    Page {
        code: "irreversible",
        title: "A step cannot be undone",
        text: "`mig plan` marked it as the point of no return, with the reason. Nothing is undone around it: half a rollback is worse \
               than none.",
    },
    Page {
        code: "unknown-approval",
        title: "The plan has no approval of that name",
        text: "`mig plan` shows which approvals a plan waits for.",
    },
    Page {
        code: "not-asked",
        title: "The approval is not asked of this entity",
        text: "An approval has a list of entities that are asked, `from = […]`. Approve for one of those.",
    },
    Page {
        code: "not-a-member",
        title: "The person does not speak for the entity",
        text: "A group is spoken for by its members, as the catalog had them when the plan was made.",
    },
    Page {
        code: "folder-in-use",
        title: "The demo's folder belongs to somebody else",
        text: "The demo makes its own folder anew every time, so it takes only a new one, an empty one, or its own.",
    },
    Page {
        code: "no-such-table",
        title: "A store does not have the table",
        text: "`mig diff --old KIND:LOCATION#TABLE` names a table in a store: `schema.table` in PostgreSQL, `table` in SQLite, a \
               folder or file in a store of files.",
    },
    Page {
        code: "not-comparable",
        title: "Two tables, or a column of them, cannot be compared",
        text: "Without a migration columns are matched by their names and compared in a type that holds both without loss. Where \
               there is none, a migration says how one becomes the other. docs/equality.md has the table of types.",
    },
    Page {
        code: "not-compared",
        title: "A comparison came to no end",
        text: "A store was out of reach, or a row has no value under the mapping or the condition. Nothing can be said of tables \
               that were not compared to the end.",
    },
    Page {
        code: "no-runtime",
        title: "The system gives the program no threads",
        text: "Check the limits of processes and open files (`ulimit -a`).",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_stands_once_and_is_not_the_compilers() {
        let mut codes: Vec<&str> = PAGES.iter().map(|page| page.code).collect();
        codes.sort_unstable();
        let count = codes.len();
        codes.dedup();
        assert_eq!(codes.len(), count);
        for code in codes {
            assert!(mig_compiler::codes::page(code).is_none(), "{code} is the compiler's");
        }
    }
}
