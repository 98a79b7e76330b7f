/** How a comparison is shown: results.json, tables in the terminal, a page for the browser. */
package io.quarry.bench.report;
