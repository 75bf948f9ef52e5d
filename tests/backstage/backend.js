// A Backstage backend with the catalog and nothing else, for tests. Its configuration comes by `--config`.
//
// It ends when its standard input does, so that it never outlives the test that started it, and then removes the folder
// of its configuration, which nobody else is left to remove. `GET /api/catalog/settled`
// says whether everything read so far is processed and has its relations: Backstage itself never tells.
const { rmSync } = require('node:fs');
const { dirname } = require('node:path');
const { createBackend } = require('@backstage/backend-defaults');
const { createBackendModule, coreServices } = require('@backstage/backend-plugin-api');

const settled = createBackendModule({
  pluginId: 'catalog',
  moduleId: 'settled',
  register(env) {
    env.registerInit({
      deps: { database: coreServices.database, router: coreServices.httpRouter },
      async init({ database, router }) {
        const knex = await database.getClient();
        const count = async query => Number((await query.count({ n: '*' }))[0].n);
        router.addAuthPolicy({ path: '/settled', allow: 'unauthenticated' });
        router.use(async (req, res, next) => {
          if (req.path !== '/settled') return next();
          try {
            const known = await count(knex('refresh_state'));
            const waiting = await count(knex('refresh_state').where(q => q.whereNull('result_hash').orWhere('result_hash', '')));
            const unstitched = await count(knex('stitch_queue'));
            res.json({ known, waiting, unstitched });
          } catch (error) {
            next(error);
          }
        });
      },
    });
  },
});

const folder = dirname(process.argv[process.argv.indexOf('--config') + 1]);
process.stdin.on('end', () => {
  rmSync(folder, { recursive: true, force: true });
  process.exit(0);
}).resume();

const backend = createBackend();
backend.add(require('@backstage/plugin-catalog-backend').default);
backend.add(require('@backstage/plugin-catalog-backend-module-scaffolder-entity-model').default);
backend.add(settled);
backend.start();
