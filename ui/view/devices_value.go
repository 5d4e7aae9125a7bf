package view

import (
	"maps"
	"math"
	"net/netip"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"coapscope/protocol"
	"coapscope/protocol/payload"
	"coapscope/session/trace"
)

// value is the last representation of a resource, in short, and the numbers that it had before.
type value struct {
	text    string // empty where it is not known any more
	failed  bool
	at      time.Time // when it came
	expires time.Time // when its Max-Age is over
	frame   trace.Seq // that brought the last number
	numbers []float64 // the last ones, in order
}

const (
	// maxValue is how long a value in the tree may be, in bytes; of a longer one the size is shown.
	maxValue = 20
	// keptNumbers is how many numbers of a resource are kept for its sparkline.
	keptNumbers = 24
	// maxValues is how many values there are before those of what is not in the tree are forgotten.
	maxValues = 1 << 14
	// leastNumbers is how many a sparkline takes at least.
	leastNumbers = 3
)

// plain tells whether a text can stand as a value in the tree as it is.
func plain(text []byte) bool {
	return len(text) > 0 && len(text) <= maxValue && utf8.Valid(text) &&
		!strings.ContainsFunc(string(text), func(r rune) bool { return !unicode.IsPrint(r) })
}

// Forget takes away the value of a resource that was changed: the old one is not true any more, though its numbers were.
func (t *DeviceTree) Forget(endpoint netip.AddrPort, path string) {
	key := t.key(endpoint, path)
	if v := t.values[key]; v != nil && len(v.numbers) > 0 {
		t.values[key] = &value{frame: v.frame, numbers: v.numbers}
		return
	}
	delete(t.values, key)
}

// key gives the key of a resource: by the first endpoint of its device, and its path as in the tree.
func (t *DeviceTree) key(endpoint netip.AddrPort, path string) resourceKey {
	if d, ok := t.devices.Get(endpoint); ok {
		endpoint = d.Endpoint
	}
	return resourceKey{endpoint, path}
}

// sweep forgets the values of what is not in the tree.
func (t *DeviceTree) sweep() {
	maps.DeleteFunc(t.values, func(k resourceKey, _ *value) bool {
		d, ok := t.devices.Get(k.endpoint)
		return !ok || d.Tree.Find(k.path) == nil
	})
	t.swept = len(t.values)
}

// forgetAll takes away the values of a device.
func (t *DeviceTree) forgetAll(endpoint netip.AddrPort) {
	maps.DeleteFunc(t.values, func(k resourceKey, _ *value) bool { return k.endpoint == endpoint })
}

// Note remembers what a GET of a resource gave, or a notification, to be shown in the tree.
func (t *DeviceTree) Note(endpoint netip.AddrPort, path string, a *Answer) {
	if a.Err != nil {
		return
	}
	key := t.key(endpoint, path)
	v := t.values[key]
	if v == nil {
		if len(t.values) >= max(maxValues, 2*t.swept) {
			t.sweep()
		}
		v = new(value)
		t.values[key] = v
	}
	v.at = a.At.Add(-a.Age)
	v.failed = a.Message.Code.Class() != 2
	if v.failed {
		v.text, v.expires = a.Message.Code.Dotted(), time.Time{}
		return
	}
	format := a.format()
	v.expires = v.at.Add(a.MaxAge())
	if number, unit, ok := payload.Number(format, a.Message.Payload); ok {
		v.text = strings.TrimSpace(FormatNumber(number) + " " + unit)
		v.add(number, a)
	} else if format == int(protocol.TextPlain) && plain(a.Message.Payload) {
		v.text = string(a.Message.Payload)
	} else if v.text = payload.Summary(format, a.Message.Payload); len(v.text) > maxValue {
		v.text = Bytes(len(a.Message.Payload))
	}
}

// add keeps a number, unless that same answer has brought it already.
func (v *value) add(number float64, a *Answer) {
	if a.FromCache || math.IsNaN(number) || math.IsInf(number, 0) || a.Received != 0 && a.Received == v.frame {
		return
	}
	v.frame = a.Received
	if len(v.numbers) == keptNumbers {
		v.numbers = v.numbers[:copy(v.numbers, v.numbers[1:])]
	}
	v.numbers = append(v.numbers, number)
}

// Freshness is how much of its Max-Age a value has left.
type Freshness struct {
	Known bool    // there is a value that has a Max-Age
	Left  float32 // 1 for all, 0 for a stale one
}

// freshSteps is how finely the ring of a value is drawn: it shrinks in so many steps.
const freshSteps = 20

// fresh gives how much is left, in steps, and when that changes next; the zero time for never.
func (v *value) fresh(now time.Time) (f Freshness, next time.Time) {
	if v.failed || v.text == "" {
		return Freshness{}, time.Time{}
	}
	f.Known = true
	left, age := v.expires.Sub(now), v.expires.Sub(v.at)
	if left <= 0 || age <= 0 {
		return f, time.Time{}
	}
	steps := min(freshSteps, math.Ceil(float64(left)/float64(age)*freshSteps))
	f.Left = float32(steps) / freshSteps
	return f, v.expires.Add(-time.Duration(float64(age) * (steps - 1) / freshSteps))
}

// fillValue writes a value into its row.
func (t *DeviceTree) fillValue(row *TreeRow, v *value, now time.Time) {
	row.Right, row.Spark = v.text, v.spark()
	fresh, next := v.fresh(now)
	row.Fresh = fresh
	switch {
	case v.failed:
		row.Concept = Error
	case fresh.Left > 0:
		row.Concept = Good
		t.beat.at(next, now)
	}
}

// spark gives the numbers for a sparkline: nil for too few.
func (v *value) spark() []float32 {
	if len(v.numbers) < leastNumbers {
		return nil
	}
	low, high := v.numbers[0], v.numbers[0]
	for _, n := range v.numbers {
		low, high = min(low, n), max(high, n)
	}
	spark := make([]float32, len(v.numbers))
	for i, n := range v.numbers {
		if spark[i] = 0.5; high > low {
			// Halves, since the difference of two numbers may be too large for one.
			spark[i] = float32((n/2 - low/2) / (high/2 - low/2))
		}
	}
	return spark
}

// words says what a value is, how old, and how long it is good for.
func (v *value) words(now time.Time) string {
	if v.text == "" {
		return ""
	}
	text := v.text + ", " + Age(now.Sub(v.at)) + " ago"
	switch left := v.expires.Sub(now); {
	case v.failed:
	case left > 0:
		text += ", fresh for " + Seconds(left)
	default:
		text += ", no longer fresh: its Max-Age was " + Seconds(v.expires.Sub(v.at))
	}
	return text
}

// treeBeat has the tree drawn again when something that is in sight changes with time alone.
type treeBeat struct {
	// after calls a function later, on the window's goroutine; nil where nobody looks.
	after func(d time.Duration, do func())
	// draw has the tree drawn.
	draw func()
	due  time.Time // when that is to happen; the zero time for not
}

// leastBeat is the least time between two drawings because of time alone.
const leastBeat = time.Second

// at has the tree drawn at a time, unless it is before.
func (b *treeBeat) at(next, now time.Time) {
	if b.after == nil {
		return
	}
	if least := now.Add(leastBeat); next.Before(least) {
		next = least
	}
	if !b.due.IsZero() && !next.Before(b.due) {
		return
	}
	b.due = next
	b.after(next.Sub(now), func() {
		if b.due.Equal(next) { // else an earlier one has taken its place
			b.due = time.Time{}
			b.draw()
		}
	})
}

// OnBeat has the tree drawn again when a value in sight ages: after calls a function later on the window's goroutine.
// Nothing is asked for while nothing in sight changes.
func (t *DeviceTree) OnBeat(after func(d time.Duration, do func()), draw func()) {
	t.beat.after, t.beat.draw = after, draw
}
