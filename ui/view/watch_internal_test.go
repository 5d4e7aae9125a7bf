package view

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/session"
	"coapscope/session/observe"
	"coapscope/session/trace"
)

// play is a playbook: an observation as the window has it, behind the machine of the engine, in a time of its own.
type play struct {
	*Watched
	t       *testing.T
	machine *observe.Observation
	now     time.Time
	frame   trace.Seq
}

func newPlay(t *testing.T) *play {
	machine, err := observe.New(observe.Config{Random: func() float64 { return 0 }}, protocol.Message{Code: protocol.GET})
	if err != nil {
		t.Fatal(err)
	}
	p := &play{t: t, machine: machine, now: time.Unix(1_700_000_000, 0)}
	p.Watched = newWatched("node", session.Request{}, "/temp", p.now)
	machine.Register()
	return p
}

// gets takes a notification after some time, with all that becomes due before.
func (p *play) gets(after time.Duration, kind protocol.Type, sequence uint32, maxAge int, body string) {
	p.t.Helper()
	p.passes(after)
	p.frame++
	m := protocol.Message{Type: kind, Code: protocol.Content, Payload: []byte(body)}
	m.Options = m.Options.SetUint(protocol.Observe, uint64(sequence)).SetUint(protocol.MaxAge, uint64(maxAge)).SetUint(protocol.ContentFormatOption, 0)
	n, ok := p.machine.Handle(p.now, m).(observe.Notification)
	if !ok {
		p.t.Fatalf("number %d is no notification", sequence)
	}
	p.takeAt(session.Notification{Message: m, Sequence: n.Sequence, Fresh: n.Fresh, Registered: n.Registered, At: p.now, Expires: n.Expires, Frame: p.frame}, p.now)
}

// passes lets time pass.
func (p *play) passes(d time.Duration) {
	end := p.now.Add(d)
	for {
		due, ok := p.machine.Deadline()
		if !ok || due.After(end) {
			p.now = end
			return
		}
		p.now = due
		if e, silent := p.machine.Advance(p.now).(observe.Silence); silent {
			p.takeAt(session.Stalled{Reregister: e.Next}, p.now)
		}
	}
}

func (p *play) unanswered() {
	e := p.machine.Unanswered(p.now).(observe.Unconfirmed)
	p.takeAt(session.Unconfirmed{Err: errors.New("no answer"), Reregister: e.Next}, p.now)
}

// kinds gives the marks in short.
func (o *Watched) kinds() string {
	var all []string
	for _, m := range o.marks {
		glyph, _, _ := m.Kind.sign()
		all = append(all, glyph)
	}
	return strings.Join(all, " ")
}

func TestWatchCountsOnWhereNumbersWrap(t *testing.T) {
	p := newPlay(t)
	for i, seq := range []uint32{1<<24 - 3, 1<<24 - 2, 1<<24 - 1, 0, 1, 2} {
		kind := protocol.NonConfirmable
		if i == 0 {
			kind = protocol.Acknowledgement
		}
		p.gets(time.Second, kind, seq, 60, fmt.Sprint(20+i))
	}
	if p.missed != 0 || p.stale != 0 || p.kinds() != "" || p.series[0].Len() != 6 || p.sequence != 2 {
		t.Errorf("missed %d, stale %d, marks %q, %d samples", p.missed, p.stale, p.kinds(), p.series[0].Len())
	}
}

func TestWatchMarksWhatIsMissingAndLate(t *testing.T) {
	p := newPlay(t)
	p.gets(0, protocol.Acknowledgement, 10, 60, "1")
	for _, seq := range []uint32{11, 12, 13, 14} {
		p.gets(time.Second, protocol.NonConfirmable, seq, 60, "2")
	}
	p.gets(time.Second, protocol.NonConfirmable, 17, 60, "3") // 15 and 16 are missing
	if p.missed != 2 || p.kinds() != "∅" {
		t.Errorf("missed %d, marks %q", p.missed, p.kinds())
	}
	p.gets(time.Second, protocol.NonConfirmable, 16, 60, "99") // and 16 was late
	if p.missed != 1 || p.stale != 1 || p.kinds() != "∅ ✕" || p.found[0].Value != 3 || p.series[0].Len() != 6 {
		t.Errorf("missed %d, stale %d, marks %q, value %v", p.missed, p.stale, p.kinds(), p.found)
	}
	if m := p.marks[1]; !m.Valid || m.Value != 99 || m.Frame != 7 || m.Text != "number 16 after 17" {
		t.Errorf("%+v", m)
	}
	strokes := p.series[0].Strokes(nil, p.now.Add(-10*time.Second), p.now, 1000)
	if !strokes[len(strokes)-1].Broken {
		t.Error("a line goes over what is missing")
	}
	if r := p.Row(p.now); r.Counts != "7, 1 stale, 1 missing" || r.Value != "3" || r.Delta != "+1" || r.Rate != "every 1.0 s" {
		t.Errorf("%+v", r)
	}
}

// Numbers that a device makes of its clock grow by what they like; nothing is missing for that.
func TestWatchTakesClocksForNumbers(t *testing.T) {
	p := newPlay(t)
	p.gets(0, protocol.Acknowledgement, 1000, 60, "1")
	for _, seq := range []uint32{1501, 2007, 2498, 3000, 4011, 4490} {
		p.gets(time.Second, protocol.NonConfirmable, seq, 60, "1")
	}
	if p.missed != 0 || p.kinds() != "" {
		t.Errorf("missed %d, marks %q", p.missed, p.kinds())
	}
}

func TestWatchAfter128Seconds(t *testing.T) {
	p := newPlay(t)
	p.gets(0, protocol.Acknowledgement, 500, 600, "1")
	p.gets(128*time.Second, protocol.NonConfirmable, 400, 600, "2")
	if p.stale != 1 || p.found[0].Value != 1 {
		t.Errorf("within 128 s an older number is newer: %v", p.found)
	}
	p.gets(time.Millisecond, protocol.NonConfirmable, 400, 600, "3")
	if p.found[0].Value != 3 || p.kinds() != "✕ ⧗" || p.sequence != 400 {
		t.Errorf("%v, marks %q", p.found, p.kinds())
	}
}

func TestWatchStallsAndRegistersAgain(t *testing.T) {
	p := newPlay(t)
	p.gets(0, protocol.Acknowledgement, 1, 10, "1")
	p.gets(time.Second, protocol.NonConfirmable, 2, 10, "2")
	if r := p.Row(p.now.Add(5 * time.Second)); r.Age != 0.5 || r.AgeText != "5.0 of 10 s" || r.State != "observing" {
		t.Errorf("%+v", r)
	}
	p.passes(10 * time.Second)
	if r := p.Row(p.now); r.State != "stalled" || r.Concept != Error || r.Age != 1 || r.Reregisters != "5.0 s" || p.kinds() != "⚠" {
		t.Errorf("%+v, marks %q", r, p.kinds())
	}
	p.passes(6 * time.Second) // 5 s after Max-Age it asks again
	if p.stateAt(p.now) != WatchReregistering || p.machine.State() != observe.Reregistering {
		t.Errorf("state %v", p.stateAt(p.now))
	}
	p.unanswered()
	if p.state != WatchStalled || p.kinds() != "⚠ ?" || p.Row(p.now).Reason != "a new registration was not answered: no answer" {
		t.Errorf("state %v, marks %q", p.state, p.kinds())
	}
	p.passes(5 * time.Second)
	p.gets(time.Second, protocol.Acknowledgement, 3, 10, "3")
	if p.state != WatchObserving || p.renewed != 1 || p.reboots != 0 || p.kinds() != "⚠ ? ↻" || p.reason != "" {
		t.Errorf("state %v, renewed %d, marks %q", p.state, p.renewed, p.kinds())
	}
	if strokes := p.series[0].Strokes(nil, p.now.Add(-time.Minute), p.now, 1000); !strokes[2].Broken || strokes[1].Broken {
		t.Errorf("the time without news is joined by a line: %+v", strokes)
	}
}

func TestWatchSurvivesARebootOfTheDevice(t *testing.T) {
	p := newPlay(t)
	p.gets(0, protocol.Acknowledgement, 5000, 10, "1")
	p.gets(time.Second, protocol.NonConfirmable, 5001, 10, "2")
	p.passes(16 * time.Second)
	p.gets(0, protocol.Acknowledgement, 2, 10, "3") // it counts from the beginning again
	p.gets(time.Second, protocol.NonConfirmable, 3, 10, "4")
	if p.reboots != 1 || p.kinds() != "⚠ ⚡" || p.found[0].Value != 4 || p.stale != 0 {
		t.Errorf("reboots %d, marks %q, %v, stale %d", p.reboots, p.kinds(), p.found, p.stale)
	}
}

// What the user does not see is asked for anew when this machine has slept.
func TestWatchNoticesSleep(t *testing.T) {
	w, _, o := asks(t)
	item := w.newWatched(session.Request{}, "/x")
	item.observation = o
	w.watch.add(item)
	w.watch.beats(time.Now(), 2*time.Second, 2*time.Second)
	if len(item.marks) != 0 {
		t.Fatalf("%+v", item.marks)
	}
	w.watch.beats(time.Now(), 2*time.Second, time.Hour)
	if len(item.marks) != 1 || item.marks[0].Kind != MarkSlept || !item.broken || !strings.Contains(w.Message, "slept for 59 min 58 s") {
		t.Errorf("%+v, message %q", item.marks, w.Message)
	}
}

// What was lost is observed again, ever later; what the user or the device ended is not.
func TestWatchTriesAgain(t *testing.T) {
	w, _, _ := asks(t)
	item := w.newWatched(session.Request{}, "/x")
	w.watch.add(item)
	item.take(session.Notification{Fresh: true, At: time.Now(), Message: protocol.Message{Payload: []byte("1")}})
	item.take(session.ObservationEnd{Err: errors.New("unreachable")})
	w.observed(item)
	if item.retryAt.IsZero() || item.retries != 1 {
		t.Errorf("retry at %v", item.retryAt)
	}
	for _, end := range []session.ObservationEnd{{Cancelled: true}, {Response: &protocol.Message{Code: protocol.NotFound}}} {
		item.retryAt = time.Time{}
		item.take(end)
		w.observed(item)
		if !item.retryAt.IsZero() {
			t.Errorf("%+v is tried again", end)
		}
	}
}

func TestStates(t *testing.T) {
	p := newPlay(t)
	p.gets(0, protocol.Acknowledgement, 1, 60, "open")
	for i, s := range []string{"open", "closed", "closed", "open"} {
		p.gets(time.Second, protocol.NonConfirmable, uint32(i+2), 60, s)
	}
	runs := p.states.Runs()
	if len(runs) != 3 || runs[0].N != 2 || runs[1].Text != "closed" || runs[2].Frame != 5 || len(p.series) != 0 {
		t.Errorf("%+v", runs)
	}
	var s States
	for i := range 100_000 {
		s.Add(p.now.Add(time.Duration(i)), fmt.Sprint(i), 1, false)
	}
	if s.Len() > keptRuns || s.Runs()[0].N < 4 || s.Runs()[s.Len()-1].Text != "99999" {
		t.Errorf("%d runs, the first %+v", s.Len(), s.Runs()[0])
	}
}

// A number is chosen where there are several.
func TestWatchChoosesNumbers(t *testing.T) {
	w, _, _ := asks(t)
	p := newPlay(t)
	p.gets(0, protocol.Acknowledgement, 1, 60, "T=20 C; H=40 %")
	w.watch.add(p.Watched)
	if r := p.Row(p.now); r.Value != "20 °C" {
		t.Errorf("%+v", r)
	}
	w.ChooseNumber(p.Watched, "H")
	if r := p.Row(p.now); r.Value != "40 %" {
		t.Errorf("%+v", r)
	}
	if lines := w.watch.Lines(); len(lines) != 1 || lines[0].Name != "temp H · node" {
		t.Errorf("%+v", lines)
	}
	w.ShowEvery(p.Watched, true)
	if lines := w.watch.Lines(); len(lines) != 2 {
		t.Errorf("%+v", lines)
	}
	if !bytes.Equal(p.payload, []byte("T=20 C; H=40 %")) {
		t.Errorf("%q", p.payload)
	}
}

// Numbers of one unit share an axis; without a unit those of one name do, as long as there is room.
func TestLanes(t *testing.T) {
	w, _, _ := asks(t)
	for i, body := range []string{"20 °C", "800", "54", "21 °C", "801"} {
		p := newPlay(t)
		p.Path = []string{"/temp", "/sensors/co2", "/hum", "/t", "/co2"}[i]
		p.key = p.Path
		p.gets(0, protocol.Acknowledgement, 1, 60, body)
		w.watch.add(p.Watched)
	}
	lanes := func(h float32) string {
		var all []string
		for _, l := range w.watch.Chart.layLanes(w.watch.Lines(), h) {
			all = append(all, fmt.Sprintf("%s %d", l.unit, len(l.lines)))
		}
		return strings.Join(all, ", ")
	}
	if got := lanes(300); got != "°C 2, co2 2, hum 1" {
		t.Errorf("lanes %s", got)
	}
	if got := lanes(150); got != "°C 2,  3" {
		t.Errorf("with little room: lanes %s", got)
	}
}
