package view

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"

	"coapscope/discovery"
	"coapscope/protocol"
	"coapscope/protocol/dissect"
	"coapscope/session"
	"coapscope/session/exchange"
	"coapscope/session/lab"
	"coapscope/session/trace"
	"coapscope/ui/draft"
	"coapscope/ui/keep"
)

// Part is a set of parts of the window, to say what has to be drawn again.
type Part uint16

const (
	PartBar Part = 1 << iota
	PartDevices
	PartTabs   // the strip of request tabs
	PartDraft  // the request of the current tab, when it was changed by something else than typing
	PartAnswer // what came of it
	PartPackets
	PartInspector
	PartStatus
	PartRaw     // bytes that are sent as they are, and what came of them
	PartHistory // what was asked before
	PartKept    // collections and environments
	PartWatch   // observations
	PartDirectory
	PartCapability

	PartAll Part = 1<<iota - 1
)

// Workbench is the whole window as data: what the user works on, and what the engine has told.
type Workbench struct {
	Engine     *session.Engine
	Devices    *DeviceTree
	Traffic    *Traffic // that is shown: the live one, or that of a file
	Inspector  *Inspector
	Tabs       []*Tab
	Scan       Scan
	Compared   Compared
	Naming     Naming
	Radio      Radio       // that the meter of a request assumes
	Commands   *Commands   // of the window; nil for none
	Completion *Completion // of the address

	History      *HistoryList
	Collections  *CollectionTree
	Environments Environments
	Groups       Groups
	Reading      Reading
	watch        Watch
	directories  *Directories
	cards        map[netip.AddrPort]*CapabilityCard
	meeting      meeting

	// Message is a word to the user about what was done last; empty for none.
	Message        string
	MessageConcept Concept

	// Hurry is called instead of wake for what the user does; nil for none.
	Hurry func()

	inbox  *Inbox
	wake   func()
	live   *Traffic
	pasted *Traffic // messages that were pasted; nil for none yet
	opened *Traffic // the packets of a capture file; nil for none
	file   string   // name of the capture file that is shown

	openedName string
	reading    *stoppable // the file of opened
	recording  Recording
	known      *discovery.Devices
	knownKept  uint64 // the KeptRevision that was handed over to be kept
	finder     discovery.Finder
	links      []discovery.Interface // as they were at linksAt
	linksErr   error
	linksAt    time.Time
	near       map[nearKey]*surroundings
	networks   []localNetwork // as they were at networksAt
	networksAt time.Time
	lab        *lab.Lab
	current    int
	lastTab    int
	closed     []closedTab // the latest last
	counted    int         // requests of a repetition before the one that is built
	selected   trace.Seq
	open       []session.OpenExchange // as Pull found them
	dirty      Part
	store      *keep.Store
	writing    sync.WaitGroup  // of files that are being written
	lastTabs   keep.Tabs       // that were handed over to be kept
	dice       func() [16]byte // chance, for variables
	drawn      [16]byte        // by it, until something is sent
	clock      func() time.Time
	pulling    bool // what is changed now is given by Pull
	peeks      peeks
	drafted    bool // the inspector shows the draft
	wire       Wire // of that
	statusDue  bool // the status line will be drawn again soon
}

// NewWorkbench makes the model of a window for an engine. wake is called, on any goroutine, when
// something came that [Workbench.Pull] has to take; it must return at once.
func NewWorkbench(engine *session.Engine, wake func()) *Workbench {
	w := &Workbench{Engine: engine, inbox: NewInbox(wake), wake: wake, known: new(discovery.Devices), Inspector: NewInspector(), dirty: PartAll}
	w.finder.Asker, w.finder.Hardware = engine, new(discovery.Neighbours).Hardware
	w.Devices = NewDeviceTree(w.known)
	w.Devices.OnBeat(func(d time.Duration, do func()) {
		time.AfterFunc(d, func() { w.inbox.Put(nil, do) })
	}, func() { w.Changed(PartDevices) })
	w.watch.bench = w
	w.directories = newDirectories(w)
	w.live = NewTraffic(engine.Log(), w.Devices.Name)
	w.Traffic = w.live
	w.Inspector.Aside = w.aside
	w.Inspector.past = func(s trace.Seq, t *dissect.Tree) []dissect.Finding { return w.Traffic.History(s, t) }
	w.Completion = &Completion{sources: []CandidateSource{w.discovered, w.askedBefore}}
	engine.Log().OnAppend(wake)
	w.keepNothing()
	w.NewTab()
	return w
}

// Pull takes what came since it was called last, and gives the parts that have to be drawn again. It
// tells whether there is more to pull at once.
func (w *Workbench) Pull() (dirty Part, more bool) {
	w.pulling = true
	defer func() { w.pulling = false }()
	// The engine tells of an exchange after its frames are in the log, so all that this news speaks of is
	// there to be pulled before it is looked at.
	news := w.inbox.Take()
	changed, more := w.Traffic.Pull()
	if w.Traffic != w.live {
		_, live := w.live.Pull()
		more = more || live
	}
	w.meet()
	w.open = w.Engine.OpenExchanges()
	changed = w.live.exchanges.Sync(w.open) && w.Traffic == w.live || changed
	for _, apply := range news {
		apply()
	}
	w.followRaws()
	if moved := w.followMoves(); moved != "" {
		w.Say(Good, "%s", moved)
	}
	if changed {
		w.Changed(PartPackets | PartStatus)
		if a := w.Tab().Answer; a != nil && a.Err != nil {
			w.Changed(PartAnswer) // what comes may tell why
		}
		if w.selected != 0 {
			related := w.Traffic.Related(w.selected)
			if related != w.Inspector.Related {
				w.Inspector.Related = related
				w.Changed(PartInspector)
			}
			if w.showHistory() {
				w.Changed(PartInspector)
			}
		}
	}
	if w.dirty&(PartDraft|PartTabs) != 0 {
		w.showDraft()
	}
	w.keepTabs()
	w.keepKnown()
	dirty, w.dirty = w.dirty, 0
	return dirty, more
}

// Changed notes that parts have to be drawn again, and has that done soon.
func (w *Workbench) Changed(p Part) {
	w.dirty |= p
	switch {
	case w.pulling:
	case w.Hurry != nil:
		w.Hurry()
	default:
		w.wake()
	}
}

// Ticking tells whether something that is shown changes with time alone.
func (w *Workbench) Ticking() bool {
	waits := func(x session.OpenExchange) bool { return x.State != session.OpenObserving }
	if w.Scan.Running || w.rawWaits() || w.watch.ticking() || w.directories.ticking() || slices.ContainsFunc(w.open, waits) {
		return true
	}
	a := w.Tab().Answer
	if a == nil {
		return false
	}
	left, ok := a.Fresh(time.Now())
	return ok && left > -time.Second
}

// Say shows the user a word about what was done.
func (w *Workbench) Say(concept Concept, format string, args ...any) {
	w.Message, w.MessageConcept = fmt.Sprintf(format, args...), concept
	w.Changed(PartStatus)
}

// Close ends what is open.
func (w *Workbench) Close() {
	w.keepTabs()
	w.store.SaveDevices(w.known.MarshalJSON) // when they were seen, too
	for _, t := range w.Tabs {
		w.stop(t)
	}
	for _, end := range []context.CancelFunc{w.Scan.cancel, w.Reading.cancel} {
		if end != nil {
			end()
		}
	}
	w.Engine.Close()
	w.StopRecording()
	w.watch.close()
	w.directories.close()
	w.closeCards()
	if w.lab != nil {
		w.lab.Close()
	}
	w.writing.Wait()
	w.store.Close()
}

// StartLab starts the embedded lab, if it does not run. The devices are found by discovery, as any other.
func (w *Workbench) StartLab() error {
	if w.lab != nil {
		return nil
	}
	l, err := lab.Start(lab.Config{Seed: time.Now().UnixNano(), Log: func(format string, args ...any) {
		w.inbox.Put(nil, func() { w.Say(Warning, format, args...) })
	}})
	if err != nil {
		return fmt.Errorf("the lab cannot start: %w", err)
	}
	w.lab = l
	w.scanLoopback()
	w.Changed(PartAll)
	return nil
}

// LabRuns tells whether the embedded lab runs.
func (w *Workbench) LabRuns() bool { return w.lab != nil }

// Tab gives the current request tab; there always is one.
func (w *Workbench) Tab() *Tab { return w.Tabs[w.current] }

// NewTab opens a tab behind the others, for the device of the current one.
func (w *Workbench) NewTab() *Tab {
	w.lastTab++
	t := &Tab{ID: strconv.Itoa(w.lastTab), Draft: draft.Draft{Method: protocol.GET}}
	if len(w.Tabs) > 0 {
		if u, err := draft.ParseAddress(w.Tab().Draft.Address, protocol.URI{}); err == nil {
			u.Path, u.Query = nil, nil
			t.Draft.Address = u.String()
		} else if group := w.Tab().Draft.Group; group != "" {
			t.Draft.Address, t.Draft.Group = "/", group
		}
	}
	w.Tabs = append(w.Tabs, t)
	w.current = len(w.Tabs) - 1
	w.Changed(PartTabs | PartDraft | PartAnswer)
	return t
}

// SelectTab makes another tab the current one.
func (w *Workbench) SelectTab(id string) {
	for i, t := range w.Tabs {
		if t.ID == id && i != w.current {
			w.current = i
			w.Changed(PartTabs | PartDraft | PartAnswer)
		}
	}
}

// base is what a path without a host refers to: the device of the selected resource.
func (w *Workbench) base() protocol.URI {
	if endpoint, _ := splitRow(w.Devices.selected); endpoint.IsValid() {
		return protocol.URI{Scheme: protocol.CoAP, Host: endpoint.Addr().String(), Port: endpoint.Port()}
	}
	for _, t := range w.Tabs {
		if t.Answer != nil && t.Answer.From.IsValid() {
			return protocol.URI{Scheme: protocol.CoAP, Host: t.Answer.From.Addr().String(), Port: t.Answer.From.Port()}
		}
	}
	return protocol.URI{}
}

// Title gives the title of a tab.
func (w *Workbench) Title(t *Tab) string { return t.Title(w.baseOf(&t.Draft)) }

// Built gives what the draft of the current tab becomes when it is sent, with the reasons why it cannot be. Raw mode,
// which sends other bytes, is not asked.
func (w *Workbench) Built() draft.Built { return w.built(w.Tab()) }

func (w *Workbench) built(t *Tab) draft.Built {
	d := t.Draft
	d.Raw = ""
	b := d.Build(w.baseOf(&d), w.value)
	if p, bad := w.groupProblem(&d); bad {
		b.Problems = append(b.Problems, p)
	}
	return b
}

// SelectRow selects a row of the device tree and puts its resource into a request tab as a GET: the tab
// that has it already, else the current one, unless the user has written something in it or it has an
// observation. It tells whether that GET may be sent, because the row is a resource that is not
// observed.
func (w *Workbench) SelectRow(id string) bool {
	w.Devices.selected = id
	endpoint, path, listed := w.Devices.Resource(id)
	w.Changed(PartDevices)
	if !listed {
		return false
	}
	address := path
	if path[0] == '/' {
		address = "coap://" + discovery.EndpointText(endpoint) + path
	}
	return w.goTo(address, false)
}

// written tells whether the draft has something that the user would miss.
func (t *Tab) written() bool {
	return t.Draft.Raw != "" || t.Draft.Method != protocol.GET || t.Draft.Payload != "" || len(t.Draft.Options) > 0 || t.Draft.Group != ""
}

// SelectedRow gives the selected row of the device tree.
func (w *Workbench) SelectedRow() string { return w.Devices.selected }

// selectLive shows a frame of the engine's own in the inspector, unless the user looks at a file.
func (w *Workbench) selectLive(s trace.Seq) {
	if w.Traffic == w.live {
		w.SelectFrame(s)
	}
}

// SelectFrame shows a frame in the inspector.
func (w *Workbench) SelectFrame(s trace.Seq) {
	if s == w.selected && w.Inspector.Frame != nil {
		return
	}
	w.selected, w.drafted = s, false
	w.Inspector.Show(w.Traffic.Frame(s), w.Traffic.Related(s))
	w.showHistory()
	w.Changed(PartInspector | PartPackets)
}

// showHistory has the inspector know what is wrong with its message because of the frames before it. It
// tells whether that is news.
func (w *Workbench) showHistory() bool {
	v := w.Inspector
	if v.Frame == nil || v.Editing() {
		return false
	}
	history := w.Traffic.History(v.Frame.Seq, &v.Tree)
	if len(history) == len(v.History) {
		return false
	}
	v.SetHistory(history)
	return true
}

// Whole gives the body that the message which the inspector shows is a block of; false if it is none, and of a
// message that was edited.
func (w *Workbench) Whole() (Whole, bool) {
	if w.Inspector.Frame == nil || w.Inspector.Editing() {
		return Whole{}, false
	}
	return w.Traffic.Whole(w.Inspector.Frame.Seq)
}

// SelectedFrame gives the frame that the inspector shows; 0 for none.
func (w *Workbench) SelectedFrame() trace.Seq { return w.selected }

// note remembers an answer in the tree.
func (w *Workbench) note(to netip.AddrPort, path string, method protocol.Code, a *Answer) {
	if silent := (*exchange.TimeoutError)(nil); errors.As(a.Err, &silent) && w.known.Missed(to) {
		w.Changed(PartDevices)
	}
	if a.Err != nil || !a.From.IsValid() {
		return
	}
	w.known.Sighted(to, a.At, a.RTT)
	switch {
	case method == protocol.GET:
		w.Devices.Note(to, path, a)
	case method != protocol.FETCH && a.Message.Code.Class() == 2:
		w.Devices.Forget(to, path)
	}
	w.Changed(PartDevices)
}
