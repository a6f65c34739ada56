# SPDX-License-Identifier: MIT
"""perfetto.py TRACE.pftrace [TRACE.json]: reads Perfetto's protobuf without any library, by the numbers below, and
checks what a reader relies on: names that are told before they are used, tracks likewise, slices that end.

With TRACE.json, what `rill convert` made of the same trace, both must say the same: events, times to the ns,
arguments, ids, flows, counters, names of threads and processes, losses.

The numbers were typed from Perfetto's published definitions, not from src/tool/perfetto.proto.
"""
import collections
import decimal
import json
import math
import struct
import sys

PACKET = {8: 'timestamp', 10: 'sequence', 13: 'flags', 42: 'dropped', 58: 'clock', 87: 'first',
          6: ('clock_snapshot', {1: (['clocks'], {1: 'id', 2: 'ns'}), 2: 'primary'}),
          11: ('event', {3: ['category_iids'], 9: 'type', 10: 'name_iid', 11: 'track', 12: ['counts'], 22: ['categories'],
                         23: 'name', 30: 'int', 31: ['count_tracks'], 34: 'source', 44: 'double', 47: ['flows'], 48: ['ends'],
                         4: (['notes'], {1: 'name_iid', 10: 'name', 2: 'bool', 3: 'uint', 4: 'int', 5: 'double', 6: 'text',
                                         7: 'pointer', 9: 'json'})}),
          12: ('names', {1: (['category'], {1: 'iid', 2: 'name'}), 2: (['name'], {1: 'iid', 2: 'name'}),
                         3: (['key'], {1: 'iid', 2: 'name'}), 4: (['source'], {1: 'iid', 2: 'name', 4: 'line'})}),
          59: ('defaults', {58: 'clock'}),
          60: ('track', {1: 'uuid', 2: 'name', 5: 'parent', 3: ('process', {1: 'pid', 3: 'sort', 6: 'name'}),
                         4: ('thread', {1: 'pid', 2: 'tid', 3: 'sort', 5: 'name'}), 8: ('counter', {1: 'type', 2: ['categories']})})}
TEXTS = ('name', 'text', 'json', 'categories')
BEGIN, END, INSTANT, COUNTER = 1, 2, 3, 4
MONOTONIC = 3


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def signed(value):
    return value - (1 << 64) if value >> 63 else value


def message(data, table):
    got, at = {}, 0
    while at < len(data):
        tag, at = varint(data, at)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value, at = varint(data, at)
        elif wire == 1:
            value, at = data[at:at + 8], at + 8
        elif wire == 2:
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
            assert len(value) == size, 'a field reaches beyond its message'
        else:
            raise ValueError('wire type %d' % wire)
        entry = table[number]
        name, inner = entry if isinstance(entry, tuple) else (entry, None)
        many = isinstance(name, list)
        name = name[0] if many else name
        if inner is not None:
            value = message(value, inner)
        elif name in TEXTS:
            value = value.decode('utf-8', 'strict')
        elif wire == 1:
            value = struct.unpack('<d' if name == 'double' else '<Q', value)[0]
        elif name in ('int', 'pid', 'tid', 'sort', 'counts'):
            value = signed(value)
        if many:
            got.setdefault(name, []).append(value)
        else:
            assert name not in got, '%s occurs twice' % name
            got[name] = value
    return got


def packets(path):
    """Whole packets, and whether bytes of one that was cut are behind them."""
    data, at = open(path, 'rb').read(), 0
    while at < len(data):
        assert data[at] == 0x0a, 'byte %d begins no packet' % at
        try:
            size, start = varint(data, at + 1)
        except IndexError:
            return
        if start + size > len(data):
            return
        yield message(data[start:start + size], PACKET)
        at = start + size


# ---- values as Chrome JSON has them ------------------------------------------------------------

def number(value):
    """Floats of 32 bits are written as short as they can be in JSON, and as the double that they are in protobuf."""
    if isinstance(value, bool) or isinstance(value, int):
        return value
    value = float(value)
    if math.isnan(value):
        return 'NaN'
    if math.isinf(value):
        return 'Infinity' if value > 0 else '-Infinity'
    try:
        if struct.unpack('<f', struct.pack('<f', value))[0] == value:
            for digits in range(1, 10):
                short = '%.*g' % (digits, value)
                if struct.unpack('<f', struct.pack('<f', float(short)))[0] == value:
                    value = float(short)
                    break
    except OverflowError:
        pass
    return repr(value)


def plain(value):
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    return number(value) if isinstance(value, (float, decimal.Decimal)) else value


def note_value(note):
    for kind in ('bool', 'uint', 'int', 'double', 'text', 'pointer', 'json'):
        if kind in note:
            value = note[kind]
            return {'bool': lambda: bool(value), 'double': lambda: number(value), 'pointer': lambda: '0x%x' % value,
                    'json': lambda: plain(json.loads(value, parse_float=decimal.Decimal))}.get(kind, lambda: value)()
    return None


# ---- the protobuf ------------------------------------------------------------------------------

class Trace:
    def __init__(self, path):
        self.tracks, self.events, self.clocks = {}, [], []
        self.rounds = self.dropped = self.count = 0
        self.sources = set()
        self.flows = {}
        self.named = set()
        self.names = None
        told = set()
        for p in packets(path):
            self.count += 1
            assert p['sequence'] == 1
            if p.get('flags') == 1:
                self.rounds += 1
                self.names = {'category': {}, 'name': {}, 'key': {}, 'source': {}}
                told = set()
                assert p['defaults'] == {'clock': MONOTONIC}
                assert ('first' in p) == (self.rounds == 1)
                self.dropped += p.get('dropped', 0)
            for kind, new in p.get('names', {}).items():
                for one in new:
                    assert one['iid'] not in self.names[kind], 'a number was used again'
                    self.names[kind][one['iid']] = one
            if 'track' in p:
                track = p['track']
                if 'parent' in track:
                    assert track['parent'] in told, 'a track before its parent'
                told.add(track['uuid'])
                self.tracks.setdefault(track['uuid'], {}).update(track)
                for kind in ('process', 'thread'):
                    for what in ('name', 'sort'):
                        one = track.get(kind, {})
                        if what in one:
                            self.named.add((kind, what, one['pid'], one.get('tid'), one[what]))
            if 'clock_snapshot' in p:
                snapshot = p['clock_snapshot']
                assert ('primary' in snapshot) == (not self.clocks) and snapshot.get('primary', 3) == MONOTONIC
                self.clocks.append({clock['id']: clock['ns'] for clock in snapshot['clocks']})
            if 'event' in p:
                assert p['flags'] == 2 and self.clocks, 'an event before the first clocks'
                event = p['event']
                assert event['track'] in told, 'an event before its track'
                for track in event.get('count_tracks', []):
                    assert track in told
                self.take(p['timestamp'], event)

    def name(self, kind, thing):
        return self.names[kind][thing['name_iid']]['name'] if 'name_iid' in thing else thing.get('name')

    def process(self, track):
        while 'process' not in track and 'thread' not in track and 'parent' in track:
            track = self.tracks[track['parent']]
        inner = track.get('process', track.get('thread', {}))
        if 'pid' not in inner and track.get('name', '').startswith('process '):
            return int(track['name'].split()[1])
        return inner.get('pid')

    def take(self, ns, event):
        track = self.tracks[event['track']]
        categories = [self.names['category'][iid]['name'] for iid in event.get('category_iids', [])]
        categories += event.get('categories', [])
        if 'source' in event:
            place = self.names['source'][event['source']]
            self.sources.add((place['name'], place['line']))
        args, rill = {}, {}
        for position, note in enumerate(event.get('notes', []), 1):
            key = self.name('key', note)
            if key.startswith('rill.'):
                rill[key[5:]] = note_value(note)
            else:
                args[key if key not in args else '%s#%d' % (key, position)] = note_value(note)
        tid = rill.get('tid', track.get('thread', {}).get('tid'))
        if tid is None and track.get('name', '').startswith('thread '):
            tid = int(track['name'].split()[1])
        e = {'ns': ns, 'type': event['type'], 'track': event['track'], 'cat': ','.join(categories), 'args': args,
             'name': self.name('name', event), 'rill': rill, 'tid': tid, 'pid': rill.get('pid', self.process(track)),
             'flows': event.get('flows', []), 'ends': event.get('ends', []), 'value': event.get('int', event.get('double'))}
        for counted, value in zip(event.get('count_tracks', []), event.get('counts', [])):
            assert self.tracks[counted]['counter'] == {'type': 1} and self.tracks[counted]['parent'] == event['track']
            e['tts'] = value
        self.events.append(e)


# ---- comparison --------------------------------------------------------------------------------

def ids_of_rill(rill):
    ids = [(kind, rill[key]) for kind, key in (('id', 'id'), ('local', 'local_id'), ('global', 'global_id')) if key in rill]
    return ids + [('scope', rill['scope'])] if 'scope' in rill else ids


def ids_of_json(e):
    ids = [('id', e['id'])] if 'id' in e else [(kind, e['id2'][kind]) for kind in ('local', 'global') if kind in e.get('id2', {})]
    return ids + [('scope', e['scope'])] if 'scope' in e else ids


def key(*parts):
    return json.dumps(parts, ensure_ascii=False, sort_keys=True)


def of_perfetto(trace):
    """Each packet of an event as one line."""
    lines = []
    for e in trace.events:
        rill, phase = e['rill'], e['rill'].get('phase')
        track = trace.tracks[e['track']]
        if e['cat'] == '__metadata':
            if e['name'] != 'rill_summary' and phase != 'M':
                lines.append(key('M', e['pid'], e['name'], e['args']['args']))
            else:
                lines.append(key('M', e['pid'], e['name'], e['args']))
            continue
        if e['type'] == COUNTER:
            value = number(float(e['value'])) if isinstance(e['value'], float) else e['value']
            if e['args']:
                (value,) = e['args'].values()
            lines.append(key('C', e['pid'], e['tid'], e['ns'], ','.join(track['counter'].get('categories', [])), track['name'], value))
            continue
        on_thread = not (set(('tid',)) & set(rill))
        if not phase:
            phase = {BEGIN: 'B' if on_thread else 'b', END: 'E' if on_thread else 'e',
                     INSTANT: 'I' if on_thread else 'n'}[e['type']]
            if phase == 'n' and ('process' in track or track.get('name') == 'global events' or 'parent' not in track and
                                 track.get('name', '').startswith('process ')):
                phase = 'I'
        scope = ''
        if phase == 'I':
            scope = 't' if on_thread else 'g' if track.get('name') == 'global events' else 'p'
        flows = []
        if phase in 'stf':
            kind = (e['cat'], e['name'], rill.get('id', rill.get('global_id', rill.get('local_id'))), rill.get('scope'),
                    e['pid'] if 'local_id' in rill else None)
            (flow,) = e['flows'] + e['ends']
            assert trace.flows.setdefault(kind, flow) == flow and bool(e['ends']) == (phase == 'f')
        elif e['flows'] or e['ends']:
            flows = ['0x%x' % flow for flow in e['flows'] + e['ends']]
        lines.append(key(phase, e['pid'], e['tid'], e['ns'], e['cat'], e['name'], scope, ids_of_rill(rill), flows,
                         rill.get('bind_to_enclosing', False), rill.get('late', False), e.get('tts', rill.get('thread_time_ns')),
                         e['args']))
    assert len(set(trace.flows.values())) == len(trace.flows), 'different flows have one number'
    return lines


def to_ns(us):
    return int(decimal.Decimal(us) * 1000)


def of_json(path):
    loaded = json.load(open(path, encoding='utf-8'), parse_float=decimal.Decimal)
    lines, tracks = [], set()
    for e in loaded if isinstance(loaded, list) else loaded['traceEvents']:
        phase, name, args = e['ph'], e['name'], plain(e['args'])
        if phase == 'M':
            if name in ('thread_name', 'thread_sort_index', 'process_name', 'process_sort_index'):
                kind, what = name.split('_')[:2]
                tracks.add((kind, what, e['pid'], e['tid'] if kind == 'thread' else None,
                            args['name' if what == 'name' else 'sort_index']))
            else:
                lines.append(key('M', e['pid'], name, args))
            continue
        ns, tts = to_ns(e['ts']), to_ns(e['tts']) if 'tts' in e else None
        if e['cat'] == 'rill' and name == 'events lost':
            begin = to_ns(e['args']['from']) if 'from' in e['args'] else ns
            notes = {'count': args['count'], 'cause': args['cause'], 'level': args['level']}
            for kind, time in (('B', begin), ('E', ns)):
                lines.append(key('lost' + kind, e['pid'], e['tid'] if e['s'] == 't' else None, time, notes if kind == 'B' else {}))
            continue
        if phase == 'C':
            for series, value in args.items():
                ids = '[%s]' % ids_of_json(e)[0][1] if ids_of_json(e) else ''
                title = name + ids + ('' if series in ('', 'value') else '.' + series)
                lines.append(key('C', e['pid'], e['tid'], ns, e['cat'], title, value))
            continue
        if phase == 'O':
            args = args['snapshot']
        flows = [e['bind_id']] if 'bind_id' in e and (e.get('flow_in') or e.get('flow_out')) else []
        rest = (e['cat'], name, e.get('s', '') if phase == 'I' else '', ids_of_json(e), flows)
        if phase == 'X':
            lines.append(key('B', e['pid'], e['tid'], ns, *rest, False, e.get('late', False), tts, args))
            rest = rest[:3] + (ids_of_json(e), [])
            lines.append(key('E', e['pid'], e['tid'], ns + to_ns(e['dur']), *rest, False, e.get('late', False), None, {}))
            continue
        lines.append(key(phase, e['pid'], e['tid'], ns, *rest, e.get('bp') == 'e' and phase == 'f', e.get('late', False), tts, args))
    return lines, tracks


def losses(lines):
    """Slices of losses, told apart from events."""
    out = []
    for line in lines:
        parts = json.loads(line)
        if parts[0] in 'BE' and len(parts) == 13 and parts[4] == 'rill' and parts[5] == 'events lost':
            notes = dict(parts[12])
            if notes.pop('packets', None):
                notes['cause'] = 'unknown'  # to JSON
            out.append(key('lost' + parts[0], parts[1], parts[2], parts[3], dict({'level': 0}, **notes) if notes else {}))
        else:
            out.append(line)
    return out


def counters_without_numbers(lines):
    """Series that are no numbers are an instant with the phase C; JSON leaves them out beside others that are."""
    kept, instants = [], []
    for line in lines:
        parts = json.loads(line)
        if parts[0] == 'C' and len(parts) != 7:
            instants.append(key('I', *parts[1:6], 't', *parts[7:]))
        else:
            kept.append(line)
    return kept, collections.Counter(instants)


def forget_cpu_time(lines):
    """JSON has no CPU time of complete slices."""
    out = collections.Counter()
    for line, count in lines.items():
        parts = json.loads(line)
        if parts[0] == 'B':
            parts[11] = None
        out[key(*parts)] += count
    return out


def main():
    trace = Trace(sys.argv[1])
    starts = collections.Counter(e['type'] for e in trace.events)
    print('%d packets, %d rounds, %d dropped, %d begins, %d ends, %d instants, %d values, %d tracks, %d clocks, %d places' % (
        trace.count, trace.rounds, trace.dropped, starts[BEGIN], starts[END], starts[INSTANT], starts[COUNTER],
        len(trace.tracks), len(trace.clocks), len(trace.sources)))
    if len(sys.argv) == 2:
        return 0
    lines, instants = counters_without_numbers(of_perfetto(trace))
    got = collections.Counter(losses(lines))
    lines, named = of_json(sys.argv[2])
    wanted = collections.Counter(lines)
    missing, more = wanted - got - instants, got - wanted
    more = forget_cpu_time(more)
    missing, more = missing - more, more - missing
    for what, lot in (('only in JSON', missing), ('only in protobuf', more)):
        for line in list(lot)[:10]:
            print('%s: %s' % (what, line[:400]))
    lost_names = named - trace.named
    if lost_names:
        print('names only in JSON: %s' % sorted(map(str, lost_names)))
    if missing or more or lost_names:
        return 1
    print('%d lines of events are the same' % sum(wanted.values()))
    return 0


sys.exit(main())
