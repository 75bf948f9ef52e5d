//! What was asked for, and the files it is in.

use super::{Example, Page};

pub(super) const PAGES: &[Page] = &[
    Page {
        code: "usage",
        title: "The command line cannot be understood",
        why: "A command or an argument is not one that `mig` has, or two do not go together. Nothing was done.",
        example: Example {
            failing: "
mig fmt shop - < shop/shop.mig
",
            mended: "
mig fmt - < shop/shop.mig
",
        },
        fix: "`mig COMMAND --help` shows the arguments with examples.",
    },
    Page {
        code: "unknown-code",
        title: "There is no diagnostic of this code",
        why: "Every diagnostic has a page under its code, and this code has none.",
        example: Example {
            failing: "
mig explain unknown-colum
",
            mended: "
mig explain unknown-column
",
        },
        fix: "`mig explain` without a code lists all of them.",
    },
    Page {
        code: "not-found",
        title: "A file or folder does not exist",
        why: "Nothing is there under this path. A plan file knows its migration's folder by the way from one to the other.",
        example: Example {
            failing: "
mig check shpo
",
            mended: "
mig check shop
",
        },
        fix: "Check the path; `--folder` names a migration's folder when it was moved apart from its plan file.",
    },
    Page {
        code: "no-port",
        title: "A port cannot be served",
        why: "Another program may have it, or the system keeps it.",
        example: Example {
            failing: r#"
mig lsp --socket 0 > port &
until [ -s port ]; do sleep 0.1; done
mig lsp --socket "$(cat port)"
"#,
            mended: "
kill $!
",
        },
        fix: "Give another one; `mig lsp --socket 0` takes a free one and prints it.",
    },
    Page {
        code: "unreadable",
        title: "A file or folder cannot be read",
        why: "The system refused to read it, and nothing is guessed of what it holds.",
        example: Example {
            failing: "
chmod a-r shop/shop.mig
mig check shop
",
            mended: "
chmod u+r shop/shop.mig
mig check shop
",
        },
        fix: "Check that you may read it and that the disk is sound.",
    },
    Page {
        code: "unwritable",
        title: "A file cannot be written",
        why: "The system refused to write it. Files are replaced in one step, so what was there before is whole.",
        example: Example {
            failing: "
mkdir plans
chmod a-w plans
mig plan shop -o plans/shop.json
",
            mended: "
chmod u+w plans
mig plan shop -o plans/shop.json
",
        },
        fix: "Check that its folder exists, that you may write there, and that the disk has room.",
    },
    Page {
        code: "not-a-folder",
        title: "A migration is a folder, and this is a file",
        why: "A folder of `.mig` files is one migration, whatever the files are called.",
        example: Example {
            failing: "
mig check shop/shop.mig
",
            mended: "
mig check shop
",
        },
        fix: "Give the folder.",
    },
    Page {
        code: "no-sources",
        title: "The folder has no `.mig` files",
        why: "A migration is made of `.mig` files. Folders inside are looked into, hidden ones are not.",
        example: Example {
            failing: "
mkdir bookshop
mig check bookshop
",
            mended: "
mig check shop
",
        },
        fix: "Give the folder of a migration. `mig demo` makes one to look at.",
    },
    Page {
        code: "source-too-large",
        title: "A source is larger than people write",
        why: "It is probably not a `.mig` file: families (`datasets`, `consumers`) say in a few lines what thousands of items would.",
        example: Example {
            failing: "
head -c 70000000 /dev/zero > shop/dump.mig
mig check shop
",
            mended: "
rm shop/dump.mig
mig check shop
",
        },
        fix: "If it is one, split it: a migration may have any number of files.",
    },
    Page {
        code: "not-utf-8",
        title: "A source is not UTF-8 text",
        why: "It is probably not a `.mig` file, or was saved in an encoding of another time.",
        example: Example {
            failing: r#"
printf '// caf\351\n' > shop/notes.mig
mig check shop
"#,
            mended: r#"
printf '// caf\303\251\n' > shop/notes.mig
mig check shop
"#,
        },
        fix: "If it is one, save it as UTF-8.",
    },
    Page {
        code: "unknown-dataset",
        title: "The migration has no dataset of this name",
        why: "A dataset is named as the migration has it. A member of a family is `family.member`, and the family's name alone stands for all of them.",
        example: Example {
            failing: "
mig apply shop --yes
mig diff shop order
",
            mended: "
mig diff shop orders
",
        },
        fix: "`mig plan --all` lists every dataset.",
    },
    Page {
        code: "unknown-subject",
        title: "Neither the catalog nor the migration has this",
        why: "Impact is asked for an entity of the catalog (`@resource:orders`, `resource:default/orders`, or its name where no other entity has it) or for a dataset of the migration. A column is one of the old table's.",
        example: Example {
            failing: "
mig impact @resource:order shop
",
            mended: "
mig impact @resource:orders-v1 shop
",
        },
        fix: "Write the entity as the catalog has it.",
    },
    Page {
        code: "sources-exist",
        title: "The folder has a migration already",
        why: "A folder of `.mig` files is one migration, and `mig init` writes a new one.",
        example: Example {
            failing: r#"
mig init shop --old sqlite:shop.db --new lake=parquet:lake --catalog 'files("catalog/*.yaml")'
"#,
            mended: r#"
mkdir second
mig init second --old sqlite:../shop/shop.db --new lake=parquet:lake --catalog 'files("../shop/catalog/*.yaml")'
"#,
        },
        fix: "Give another folder, or `--force` to replace the file that an earlier `mig init` wrote; other files are never replaced.",
    },
    Page {
        code: "nothing-to-propose",
        title: "No migration follows from what the catalog and the stores say",
        why: "`mig init` pairs entities of the catalog with tables of the old store. An entity says its table with the annotation `mig.dev/table`, or has its name, with `_` for `-`. Nothing was written.",
        example: Example {
            failing: r#"
mkdir second
mig init second --old sqlite:../shop/shop.db --new lake=parquet:lake --catalog 'files("../shop/catalog/people.yaml")'
"#,
            mended: r#"
mig init second --old sqlite:../shop/shop.db --new lake=parquet:lake --catalog 'files("../shop/catalog/*.yaml")'
"#,
        },
        fix: "Annotate the entities with their tables, or check that the catalog and the store are those that were meant.",
    },
    Page {
        code: "folder-in-use",
        title: "The demo's folder belongs to somebody else",
        why: "The demo makes its own folder anew every time, so it takes only a new one, an empty one, or its own.",
        example: Example {
            failing: "
mkdir thesis
touch thesis/chapter-1
mig demo thesis
",
            mended: "
mig demo my-shop
",
        },
        fix: "Give another folder, `mig demo DIR`.",
    },
    Page {
        code: "not-confirmed",
        title: "Nobody could be asked",
        why: "A command that changes something asks first, and needs a terminal for that.",
        example: Example {
            failing: "
mig apply shop < /dev/null
",
            mended: "
mig plan shop -o plan.json
mig apply plan.json
",
        },
        fix: "In a pipeline, review a plan file and apply that, or say `--yes`.",
    },
    Page {
        code: "no-runtime",
        title: "The system gives the program no threads",
        why: "Copies run side by side, and the system allows no thread for them.",
        example: Example {
            failing: "
ulimit -S -n 5
mig check shop
",
            mended: "
ulimit -S -n 256
mig check shop

",
        },
        fix: "Check the limits of processes and open files (`ulimit -a`).",
    },
];
