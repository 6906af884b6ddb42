// Runs SQL in DuckDB, with one thread, and prints the rows of each query as the
// sqlite3 shell does:
//
//	NODE_PATH=build/duckdb/node_modules node duckdb.js DATABASE [FILE.sql [INPUT]]
//
// In the SQL, INPUT is the path of the input. Without a file it does nothing, to
// measure what starting takes.
const { DuckDBInstance } = require('@duckdb/node-api');
const fs = require('fs');

async function main(database, file, input) {
	const instance = await DuckDBInstance.create(database, { threads: '1' });
	const connection = await instance.connect();
	const text = file ? fs.readFileSync(file, 'utf8') : 'select version()';
	for (const statement of text.replaceAll('INPUT', `'${input}'`)
		.split(';\n')) {
		if (!statement.trim())
			continue;
		const result = await connection.runAndReadAll(statement);
		const lines = result.getRows().map((row) => row.join('|') + '\n');
		if (lines.length && result.columnNames()[0] !== 'Count')
			fs.writeSync(1, lines.join(''));
	}
	connection.closeSync();
	instance.closeSync();
}

main(...process.argv.slice(2)).catch((error) => {
	console.error(error.message);
	process.exit(1);
});
