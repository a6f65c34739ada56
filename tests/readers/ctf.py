# SPDX-License-Identifier: MIT
# ctf.py TRACE.ctf REFERENCE.json LOST [remade] - does libbabeltrace2 find in a CTF trace, event by event, what stands in the JSON of
# the same trace? LOST: how many events were lost in all, as somebody else counted them; empty: as the JSON says. remade: the
# JSON's totals are those of another conversion.
#
# Compared are time, process, thread, category, name, phase, ids, flows, scopes and arguments of each event; the
# names of threads and metadata; and losses, in the events that say so and in the reader's own count.
import collections, decimal, json, math, re, struct, sys
import bt2

decimal.getcontext().prec = 60
NUL = '\u2400'


def mended(value):
    """A NUL of JSON is a sign in CTF, where it would end the text."""
    if isinstance(value, str):
        return value.replace('\0', NUL)
    if isinstance(value, (list, tuple)):
        return type(value)(mended(v) for v in value)
    return value


def parse(text):
    """Objects as lists of pairs, since a name may occur twice; numbers with a point by the digit."""
    return json.loads(text, object_pairs_hook=lambda pairs: ('{}', [tuple(p) for p in pairs]),
                      parse_float=decimal.Decimal)


def ns(text):
    return int(decimal.Decimal(text) * 1000)


# ---- the JSON --------------------------------------------------------------------------------------

def read_json(path):
    with open(path, encoding='utf-8') as file:
        events = parse(file.read())
    if isinstance(events, tuple):
        events = dict(events[1])['traceEvents']
    return [dict(e[1]) for e in events]


def unwrapped(phase, pairs):
    """Without what the form for a snapshot of an object puts around them."""
    if phase == 'O' and len(pairs) == 1 and pairs[0][0] == 'snapshot' and pairs[0][1][0] == '{}':
        return pairs[0][1][1]
    return pairs


def args_of(e):
    return unwrapped(e['ph'], mended(pairs_of(e.get('args'))))


def is_lost(e):
    return e['cat'] == 'rill' and e['name'] == 'events lost' and e['ph'] in 'Ii'


def plain(value):
    """Numbers as numbers of Python's, so that they compare with what CTF holds."""
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, tuple) and value and value[0] == '{}':
        return ('{}', [(k, plain(v)) for k, v in value[1]])
    return value


def pairs_of(value):
    return [(k, plain(v)) for k, v in value[1]] if value else []


def key_of_json(e):
    ts = ns(e['ts'])
    end = ts + ns(e['dur']) if e['ph'] == 'X' else None
    id2 = dict(e['id2'][1]) if 'id2' in e else {}
    return mended((
        ts, end, e['pid'], e['tid'], e['cat'], e['name'], e['ph'],
        ns(e['tts']) if 'tts' in e and e['ph'] != 'X' else None,
        e.get('id'), id2.get('local'), id2.get('global'), e.get('scope'), e.get('bind_id'),
        bool(e.get('flow_in')), bool(e.get('flow_out')), e.get('bp'),
        e.get('s') if e['ph'] in 'Ii' else None, bool(e.get('late')),
        tuple(freeze(p) for p in args_of(e)),
    ))


def freeze(value):
    """Something that can be counted; True is not 1, and no number is itself."""
    if isinstance(value, (list, tuple)):
        return tuple(freeze(v) for v in value)
    if isinstance(value, float) and math.isnan(value):
        return 'NaN'
    return (type(value).__name__, value) if not isinstance(value, (int, float)) or isinstance(value, bool) else value


def frozen(pairs):
    return sorted((freeze(p) for p in pairs), key=str)


# ---- the CTF ---------------------------------------------------------------------------------------

def name_of(field):
    return bytes(re.sub(rb'_x([0-9a-f]{2})', lambda m: bytes([int(m[1], 16)]), field.encode()).replace(b'\0', b'')) \
        .decode('utf-8', 'replace')


def label(field):
    return field.labels[0]


def scalar(field):
    if isinstance(field, bt2._EnumerationFieldConst):
        return label(field) == 'true'
    if isinstance(field, bt2._RealFieldConst):
        value = float(field)
        if math.isnan(value):
            return 'NaN'
        if math.isinf(value):
            return 'Infinity' if value > 0 else '-Infinity'
        if isinstance(field, bt2._SinglePrecisionRealFieldConst):
            return ('float', value)
        return value
    if isinstance(field, bt2._IntegerFieldConst):
        if field.cls.preferred_display_base == 16:
            return hex(int(field))
        return int(field)
    return str(field)


def argument(field, null, cut):
    if null:
        return 'NULL'
    if not isinstance(field, bt2._StructureFieldConst):
        value = scalar(field)
        return value + '\u2026' if cut else value
    if 'json' in field:
        text = str(field['json'])
        try:
            return mended(plain(parse(text))) if not cut else text + '\u2026'
        except ValueError:
            return text
    return 'hex:' + bytes(int(b) for b in field['bytes']).hex() + ('\u2026' if cut else '')


def facts_of(event):
    facts = event.specific_context_field
    return {} if facts is None else {k: facts[k] for k in facts}


PHASES = {'begin': 'B', 'end': 'E', 'complete': 'X', 'instant': 'I', 'mark': 'R', 'counter': 'C', 'metadata': 'M',
          'sample': 'P', 'instant, old': 'i'}


def arguments(event, facts):
    nulls, cuts = int(facts.get('nulls', 0)), int(facts.get('cuts', 0))
    if 'args' in event.payload_field and event.name == 'other event':
        return pairs_of(parse(str(event.payload_field['args']['json'])))
    seen, args = collections.Counter(), []
    for i, (key, field) in enumerate(event.payload_field.items()):
        name = name_of(key)
        seen[name] += 1
        if seen[name] > 1:  # which JSON must not have
            name += '#%d' % seen[name]
        args.append((name, argument(field, nulls >> min(i, 63) & 1, cuts >> min(i, 63) & 1)))
    return args


def hexed(facts, key):
    return hex(int(facts[key])) if key in facts else None


def key_of_ctf(event, ts):
    context, facts = event.common_context_field, facts_of(event)
    phase = chr(int(context['phase']))
    args = unwrapped(phase, arguments(event, facts))
    name = event.name or ''
    if name == 'other event':
        name = str(event.payload_field['name'])
    end = None
    ts = int(facts.get('recorded_ns', ts))
    if phase == 'X' or 'begin_lost' in facts and phase == 'E':
        phase, end, ts = 'X', ts, int(facts.get('begin_ns', ts))
    elif 'own_time_us' in facts:
        ts = int(facts['own_time_us']) * 1000
    flow = int(facts.get('flow', 0))
    if phase == 'C':
        args = [(k, v) for k, v in args if not isinstance(v, str)]
    return (
        ts, end, int(context['vpid']), int(context['vtid']), str(context['category']), name, phase,
        int(facts['thread_time_ns']) if 'thread_time_ns' in facts and end is None else None,
        hexed(facts, 'id'), hexed(facts, 'local_id'), hexed(facts, 'global_id'),
        str(facts['id_scope']) if 'id_scope' in facts else None, hexed(facts, 'bind_id'),
        bool(flow & 1), bool(flow & 2), 'e' if 'bind_to_enclosing' in facts else None,
        label(facts['scope'])[0] if 'scope' in facts else None, 'late' in facts,
        tuple(args),
    )


class Trace:
    def __init__(self, path):
        self.events, self.metadata, self.threads = [], [], set()
        self.own, self.discarded, self.lost_told = (collections.Counter() for i in range(3))
        self.lost_by_thread = collections.Counter()
        self.streams = set()
        last = None
        for message in bt2.TraceCollectionMessageIterator(path):
            if type(message) is bt2._DiscardedEventsMessageConst:
                self.discarded[message.stream.id] += message.count
            if type(message) is not bt2._EventMessageConst:
                continue
            ts = message.default_clock_snapshot.value
            if last is not None and ts < last:
                sys.exit('time goes back: %d behind %d' % (ts, last))
            last = ts
            self.streams.add(message.event.stream.id)
            self.take(message.event, ts)

    def take(self, event, ts):
        context = event.common_context_field
        own = str(context['category']) == 'rill'
        if own and event.name == 'events lost':
            count = int(event.payload_field['count'])
            self.lost_told[event.stream.id] += count
            self.lost_by_thread[(int(context['vpid']), int(context['vtid']), str(event.payload_field['cause']))] += count
        elif chr(int(context['phase'])) != 'M':
            self.events.append(key_of_ctf(event, ts))
        elif own and event.name == 'thread_name':
            self.threads.add((int(context['vpid']), signed(int(event.payload_field['tid'])),
                              str(event.payload_field['name'])))
        elif own and event.name in ('clock_snapshot', 'rill_stream'):
            self.own[event.name] += 1
        else:
            self.metadata.append((int(context['vpid']), event.name or '', pairs_of_metadata(event, own)))


def signed(tid):
    return tid - (1 << 32 if tid >= 1 << 31 else 0)


def pairs_of_metadata(event, own):
    if own and 'args' in event.payload_field:
        return frozen(mended(pairs_of(parse(str(event.payload_field['args']['json'])))))
    return frozen(arguments(event, facts_of(event)))


# ---- the comparison --------------------------------------------------------------------------------

def matched(wanted, got):
    """A float of CTF stands for the shortest text that reads back as the same float."""
    def narrow(value):
        return struct.unpack('f', struct.pack('f', value))[0]

    def loose(args, other):
        return tuple((k, other[i][1]) if isinstance(v, tuple) and v[:1] == ('float',) and i < len(other) and
                     isinstance(other[i][1], (int, float)) and narrow(other[i][1]) == v[1] else (k, v)
                     for i, (k, v) in enumerate(args))
    return got[:-1] + (tuple(freeze(p) for p in loose(got[-1], wanted)),)


def compare_events(reference, trace):
    wanted = [(key_of_json(e), args_of(e)) for e in reference if not is_lost(e) and e['ph'] != 'M']
    got = trace.events
    order = lambda key: tuple(str(k) for k in key[:7])
    wanted.sort(key=lambda w: order(w[0]))
    got.sort(key=order)
    for (key, args), event in zip(wanted, got):
        key_got = matched(args, event)
        if key != key_got:
            sys.exit('the JSON says\n  %s\nand the CTF\n  %s' % (key, key_got))
    if len(wanted) != len(got):
        sys.exit('%d events in the JSON, %d in the CTF' % (len(wanted), len(got)))
    return len(got)


def compare_metadata(reference, trace):
    names, wanted = set(), []
    for e in reference:
        args = dict(e['args'][1]) if e['ph'] == 'M' else {}
        if e['ph'] == 'M' and e['name'] == 'thread_name':
            names.add(mended((e['pid'], e['tid'], args['name'])))
        elif e['ph'] == 'M' and e['name'] != 'thread_sort_index':
            wanted.append((e['pid'], mended(e['name']), frozen(mended(pairs_of(e['args'])))))
    if not names <= trace.threads:
        sys.exit('threads in the JSON: %s, in the CTF: %s' % (sorted(names), sorted(trace.threads)))
    if 'remade' in sys.argv:
        wanted, trace.metadata = ([m for m in kept if m[1] != 'rill_summary'] for kept in (wanted, trace.metadata))
    if sorted(wanted, key=str) != sorted(trace.metadata, key=str):
        sys.exit('metadata in the JSON:\n%s\nin the CTF:\n%s' % (sorted(wanted, key=str), sorted(trace.metadata, key=str)))


def compare_losses(reference, trace, lost):
    said = collections.Counter()
    for e in reference:
        if is_lost(e):
            said[(e['pid'], e['tid'], dict(e['args'][1])['cause'])] += dict(e['args'][1])['count']
    if trace.discarded != trace.lost_told:
        sys.exit('by stream, discarded: %s, told: %s' % (trace.discarded, trace.lost_told))
    total = sum(trace.discarded.values())
    if lost is not None and total != lost:
        sys.exit('%d events were lost, libbabeltrace2 counts %d' % (lost, total))
    if lost is None and sum(said.values()) != total:
        sys.exit('%s in the JSON, %s in the CTF' % (said, trace.lost_by_thread))
    for key, count in said.items():
        if key[2] != 'unknown' and trace.lost_by_thread[key] != count:
            sys.exit('%s in the JSON, %s in the CTF' % (said, trace.lost_by_thread))
    return total


def main():
    path, json_path, lost = sys.argv[1], sys.argv[2], sys.argv[3]
    trace, reference = Trace(path), read_json(json_path)
    events = compare_events(reference, trace)
    compare_metadata(reference, trace)
    total = compare_losses(reference, trace, int(lost) if lost else None)
    print('%d events, %d lost, %d files' % (events, total, len(trace.streams)))


main()
