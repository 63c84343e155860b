/** Holds a queue's file as a writer until its standard input ends: `hold-queue.ts DATABASE`. Says `held` when it does. */
import Sqlite from 'better-sqlite3';

const database = new Sqlite(process.argv[2]);
database.exec('BEGIN IMMEDIATE');
process.stdout.write('held\n');
process.stdin.resume().on('end', () => {
  database.exec('ROLLBACK');
  database.close();
});
