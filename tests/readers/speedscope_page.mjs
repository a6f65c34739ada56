// SPDX-License-Identifier: MIT
// speedscope_page.mjs - speedscope's page with a trace in it, and what it made of that.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { withPage } from './browser.mjs';

// Presses "save" and returns what comes, in speedscope's own format.
async function exported(page) {
	const downloads = fs.mkdtempSync(path.join(os.tmpdir(), 'speedscope-'));
	const session = await page.createCDPSession();
	await session.send('Browser.setDownloadBehavior',
		{ behavior: 'allow', downloadPath: downloads, eventsEnabled: true });
	const done = new Promise((resolve, reject) => {
		session.on('Browser.downloadProgress', (e) => {
			if (e.state === 'completed')
				resolve();
			else if (e.state === 'canceled')
				reject(new Error('the export was cancelled'));
		});
		setTimeout(() => reject(new Error('no export within a minute')), 60000).unref();
	});
	await page.keyboard.down('Control');
	await page.keyboard.press('s');
	await page.keyboard.up('Control');
	await done;
	const [file] = fs.readdirSync(downloads);
	const text = fs.readFileSync(path.join(downloads, file), 'utf8');
	fs.rmSync(downloads, { recursive: true });
	return JSON.parse(text);
}

// Loads the file under a name (its extension tells what it is) and calls use(profiles, messages, frames).
export async function withSpeedscope(folder, name, file, use) {
	const address = `/index.html#profileURL=/${name}`;
	return withPage(folder, { [`/${name}`]: { file } }, address, async (page, messages) => {
		await page.waitForFunction(() =>
			/Something went wrong|Unrecognized format/.test(document.body.innerText) ||
			(document.title !== 'speedscope' && /Left Heavy/.test(document.body.innerText)));
		const { profiles, shared } = await exported(page);
		return use(profiles, messages, shared.frames);
	});
}
