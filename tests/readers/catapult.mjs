// SPDX-License-Identifier: MIT
// catapult.mjs FOLDER TRACE FACTS PICTURE - loads a trace into Catapult's trace viewer (the code of
// chrome://tracing), compares its model with jq's count, and keeps a picture of what it draws.

import fs from 'node:fs';
import process from 'node:process';
import { withPage } from './browser.mjs';
import { Comparison } from './compare.mjs';

const [folder, trace, factsFile, picture] = process.argv.slice(2);
const facts = JSON.parse(fs.readFileSync(factsFile, 'utf8'));

const html = `<!DOCTYPE html><html><head><meta charset="utf-8">
<link rel="icon" href="data:,">
<style>html, body { margin: 0; height: 100%; } tr-ui-timeline-view { height: 100%; }</style>
<script>document.addEventListener('WebComponentsReady', () => { window.viewerReady = true; });</script>
<script src="/webcomponents.min.js"></script>
<link rel="import" href="/trace_viewer_full.html">
</head><body>
<tr-ui-timeline-view><track-view-container id="track_view_container"></track-view-container></tr-ui-timeline-view>
</body></html>`;

// Runs in the page: imports the trace as the viewer's own "Load" does.
async function importTrace() {
	const text = await (await fetch('/trace')).text();
	const model = new tr.Model();
	await new tr.importer.Import(model).importTracesWithProgressDialog([text]);
	window.model = model;
}

// Runs in the page: what the model holds, in the words of facts.jq.
function describe() {
	const depth = (slice) => 1 + Math.max(0, ...slice.subSlices.map(depth));
	const count = (slices) => slices.reduce((n, slice) => n + 1 + count(slice.subSlices ?? []), 0);
	const threads = model.getAllThreads();
	const processes = model.getAllProcesses();
	return {
		warnings: model.importWarnings.map((w) => `${w.type}: ${w.message}`),
		process: processes[0].name,
		threads: threads.filter((t) => t.sliceGroup.length).map((t) => ({
			key: `${t.parent.pid}/${t.tid}`,
			name: t.name,
			order: t.sortIndex,
			events: t.sliceGroup.length,
			depth: t.sliceGroup.topLevelSlices.reduce((most, slice) => Math.max(most, depth(slice)), 0),
		})),
		arrows: model.flowEvents.length,
		spans: threads.reduce((n, t) => n + count(t.asyncSliceGroup.slices), 0),
		counters: Object.fromEntries(model.getAllCounters().map((c) =>
			[c.name, c.series.length ? c.series[0].samples.length : 0])),
		instants: { global: model.instantEvents.length,
			process: processes.reduce((n, p) => n + p.instantEvents.length, 0) },
		objects: processes.reduce((n, p) => n + [...p.objects.getAllObjectInstances()].length, 0),
	};
}

// Runs in the page: the viewer without its banner, palette and empty pane, so that there is room for the threads.
function show() {
	const view = document.querySelector('tr-ui-timeline-view');
	view.model = window.model;
	view.viewTitle = 'rill';
	view.$['polyfill-warning']?.clearMessages();
	view.$.analysis.style.display = 'none';
	view.$.drag_handle.style.display = 'none';
	for (const flow of model.flowEvents)
		view.selectedFlowEvents.add(flow.category);
}

// Runs in the page: goes so close to the middle of the trace that single slices can be told apart.
function zoom() {
	const view = document.querySelector('tr-ui-timeline-view');
	const starts = model.getAllThreads().flatMap((t) => t.sliceGroup.slices).map((s) => s.start);
	starts.sort((a, b) => a - b);
	const first = Math.floor(starts.length / 2);
	const from = starts[first];
	const to = Math.max(starts[Math.min(first + 130, starts.length - 1)], from + 0.001);
	tr.ui.b.findDeepElementMatching(view, 'tr-ui-b-mouse-mode-selector').style.display = 'none';
	const { viewport } = view.trackView;
	const transform = viewport.currentDisplayTransform.clone();
	transform.xSetWorldBounds(from, to, view.getBoundingClientRect().width - 260);
	viewport.setDisplayTransformImmediately(transform);
	viewport.dispatchChangeEvent();
}

const code = await withPage(folder, { '/': { text: html }, '/trace': { file: trace } }, '/', async (page, messages) => {
	await page.waitForFunction('window.viewerReady && window.tr && tr.Model');
	messages.length = 0;	// what the viewer's own page has to say about its polyfills
	await page.evaluate(importTrace);
	const got = await page.evaluate(describe);
	const c = new Comparison('catapult');

	c.none('import warnings', got.warnings);
	c.none('complaints on the console', messages);
	c.same('the process', got.process, facts.process);
	// Only the object form can say that its times are good to a nanosecond. Without that this viewer takes what
	// lies within a microsecond as one moment, and may draw short neighbours one below the other.
	const exact = facts.unit === 'ns';
	const shape = ({ key, name, order, events, depth }) =>
		(exact ? { key, name, order, events, depth } : { key, name, order, events });
	const byKey = (a, b) => (a.key < b.key ? -1 : 1);
	const threads = facts.threads.map((t) => ({ ...t, events: t.slices + t.instants })).filter((t) => t.events);
	c.same('threads', got.threads.map(shape).sort(byKey), threads.map(shape).sort(byKey));
	for (const what of ['arrows', 'spans', 'counters', 'instants', 'objects'])
		c.same(what, got[what], facts[what]);

	const settle = () => new Promise((resolve) => setTimeout(resolve, 1000));
	await page.evaluate(show);
	await settle();
	await page.evaluate(zoom);
	await settle();
	await page.screenshot({ path: picture });
	return c.end(`${threads.length} threads, ${threads.reduce((n, t) => n + t.events, 0)} slices and instants, ` +
		`${got.arrows} arrows, ${got.spans} spans, ${Object.keys(got.counters).length} counters, no warning`);
});
process.exitCode = code;
