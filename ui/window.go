package ui

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"

	"coapscope/session"
	"coapscope/ui/panel"
	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// Window is the program's window.
type Window struct {
	app    fyne.App
	window fyne.Window
	bench  *view.Workbench
	bridge *bridge

	bar       *panel.Bar
	devices   *panel.Devices
	tabs      *widget.TabStrip
	request   *panel.Request
	answer    *panel.Answer
	packets   *panel.Packets
	inspector *panel.Inspector
	status    *panel.Status
	history   *panel.History // while it is shown; nil otherwise
	search    *panel.Search  // likewise

	left, right, middle, asked *widget.Split
	tips                       *widget.TipHost // all of the window

	dialog   interface{ Hide() } // that is open; nil for none
	dialogOf view.CommandID      // whose key closes it again; empty for none
	why      *panel.Why          // in it; nil for none

	directory  *panel.Directory  // while it is shown; nil otherwise
	capability *panel.Capability // likewise

	items map[view.CommandID]*fyne.MenuItem
	plain map[fyne.KeyName]view.CommandID // keys without a modifier
}

// How large the window is at first, and which part of its height request and answer have.
const (
	defaultWidth, defaultHeight = 1520, 920
	askedShare                  = 0.47
)

// LastMode is the mode that the user chose last: dark until then, as the picture of the program is.
func LastMode(app fyne.App) widget.Mode {
	return widget.Mode(app.Preferences().IntWithFallback("theme", int(widget.Dark)))
}

// NewWindow makes the window for an engine. The window is not shown yet.
func NewWindow(app fyne.App, engine *session.Engine, mode widget.Mode) *Window {
	w := &Window{app: app, bridge: newBridge()}
	prefs := app.Preferences()
	app.Settings().SetTheme(widget.NewTheme(mode, float32(prefs.FloatWithFallback("zoom", 1))))
	w.bench = view.NewWorkbench(engine, w.bridge.Wake)
	w.bench.Hurry = w.bridge.Hurry
	w.window = app.NewWindow("Coapscope")
	w.window.SetPadded(false)
	w.build()
	w.foldAsBefore()
	w.window.SetMainMenu(w.buildMenu())
	w.window.Resize(fyne.NewSize(w.pref("width", defaultWidth), w.pref("height", defaultHeight)))
	w.window.SetCloseIntercept(w.close)
	w.bindKeys()
	w.window.SetOnDropped(func(_ fyne.Position, uris []fyne.URI) {
		for _, u := range uris {
			if !w.takesDropped(u) {
				w.openURI(u)
			}
		}
	})
	return w
}

func (w *Window) build() {
	b := w.bench
	b.Commands = view.NewCommands(w.commands(), b.Say)
	b.Commands.SetUsed(w.app.Preferences().StringList("palette.used"))
	b.RestoreScanChoice(w.app.Preferences().String("search"))
	w.bar = panel.NewBar(b, w.filesMenu)
	b.Devices.SetMode(view.ParseTreeMode(w.app.Preferences().String("devices.mode")))
	w.devices = panel.NewDevices(b)
	w.devices.Ask, w.devices.Rename = b.Send, w.renameDevice
	w.devices.Kept, w.devices.Environments = w.keptActions(), w.environmentMenu
	w.devices.AddMenu(w.deviceMenu)
	w.restoreRegistrations()
	w.tabs = widget.NewBoxedTabs()
	w.tabs.Adds = true
	w.tabs.OnSelect = b.SelectTab
	w.tabs.OnClose = b.CloseTab
	w.tabs.OnAdd = b.Commands.Doing(view.CmdNewTab)
	w.request, w.answer = panel.NewRequest(b), panel.NewAnswer(b)
	w.request.FocusMethod, w.request.FocusType = w.bar.OpenMethods, w.bar.OpenTypes
	w.bar.EditGroup = w.editGroup
	w.devices.AddMenu(w.devices.GroupEntries)
	w.answer.OnSaveGroup(w.saveWritten)
	b.Traffic.SetColumns(w.app.Preferences().StringList("packets.columns")...)
	w.packets = panel.NewPackets(b)
	w.inspector = panel.NewInspector(b)
	w.packets.Exchanges.OnWhy = w.whyNoAnswer
	w.packets.OnExport = w.saveLadder
	w.packets.OnSaveWatched, w.packets.OnOpenRecording = w.saveWritten, w.openRecording
	w.packets.OnFinding = func() { w.inspector.ShowBits() }
	w.packets.MenuItems = func() []*fyne.MenuItem {
		return []*fyne.MenuItem{w.menuItem(view.CmdCompare), w.menuItem(view.CmdComparePin), w.menuItem(view.CmdWhy)}
	}
	w.inspector.SetColumns(w.app.Preferences().Int("inspector.columns"))
	w.status = panel.NewStatus(b)

	w.asked = widget.NewSplit(widget.LeftEdge, w.request.Object, w.answer.Object, w.pref("split.request", 352))
	w.asked.MinSide, w.asked.MinMain = 220, 240
	top := panel.Stacked(1, w.tabs, w.asked)
	height := w.pref("height", defaultHeight)
	w.middle = widget.NewSplit(widget.TopEdge, top, w.packets.Object, w.pref("split.asked", max(380, float64(height)*askedShare)))
	w.middle.MinSide, w.middle.MinMain = 180, 260
	w.right = widget.NewSplit(widget.RightEdge, w.inspector.Object, w.middle, w.pref("split.inspector", 512))
	w.right.MinSide, w.right.MinMain = 280, 520
	w.left = widget.NewSplit(widget.LeftEdge, w.devices.Object, w.right, w.pref("split.devices", 293))
	w.left.MinSide, w.left.MinMain = 180, 862
	w.tips = widget.NewTipHost(panel.Stacked(1, w.bar.Object, w.left, w.status.Object))
	w.window.SetContent(w.tips)
}

// foldAsBefore folds what was folded when the window was closed last.
func (w *Window) foldAsBefore() {
	for key, split := range w.splits() {
		split.Fold(w.app.Preferences().Bool(key + ".folded"))
	}
}

// splits are the dividers, by the names under which their places are kept.
func (w *Window) splits() map[string]*widget.Split {
	return map[string]*widget.Split{
		"split.request": w.asked, "split.asked": w.middle, "split.inspector": w.right, "split.devices": w.left,
	}
}

func (w *Window) pref(key string, fallback float64) float32 {
	return float32(w.app.Preferences().FloatWithFallback(key, fallback))
}

// lastEnd is how long the toolkit may take to end after its window was closed.
const lastEnd = 3 * time.Second

// Run shows the window and returns when it is closed.
func (w *Window) Run() {
	go func() {
		// Rarely the toolkit does not come to its end. All that is to be kept is by then.
		<-w.bridge.stop
		time.Sleep(lastEnd)
		os.Exit(0)
	}()
	go w.bridge.run(fyne.DoAndWait, w.refresh)
	w.bridge.Wake()
	w.window.ShowAndRun()
	w.bench.AwaitRecording(lastEnd)
}

// refresh draws what has changed. It runs on the window's goroutine.
func (w *Window) refresh() (more, ticking bool) {
	dirty, more := w.bench.Pull()
	ticking = w.bench.Ticking()
	if dirty&view.PartBar != 0 || dirty&view.PartTabs != 0 || w.bench.Scan.Running {
		w.bar.Refresh()
	}
	if dirty&(view.PartDevices|view.PartHistory|view.PartKept) != 0 {
		w.devices.Refresh()
	}
	if dirty&view.PartHistory != 0 && w.history != nil {
		w.history.Refresh()
	}
	if w.search != nil && (dirty != 0 || w.bench.Scan.Running) {
		w.search.Refresh()
	}
	if dirty&view.PartTabs != 0 {
		w.refreshTabs()
	}
	if dirty&view.PartDraft != 0 {
		w.request.Refresh()
	}
	if dirty&view.PartRaw != 0 || ticking && w.request.Raw().Object.Visible() {
		w.request.RefreshRaw()
	}
	if dirty&view.PartAnswer != 0 {
		w.answer.Refresh()
	} else if ticking {
		w.answer.Tick()
	}
	if dirty&view.PartPackets != 0 {
		w.packets.Refresh()
	} else if ticking || dirty&view.PartStatus != 0 {
		w.packets.Tick()
	}
	if dirty&view.PartWatch != 0 {
		w.packets.RefreshWatch()
	}
	if dirty&view.PartInspector != 0 {
		w.inspector.Refresh()
	}
	w.refreshDirectory(dirty, ticking)
	if w.why != nil && (dirty&view.PartPackets != 0 || ticking) {
		w.why.Refresh()
	}
	if dirty != 0 || ticking {
		w.status.Refresh()
		w.refreshMenu()
		w.tips.Again()
	}
	return more, ticking
}

func (w *Window) refreshTabs() {
	tabs := make([]widget.Tab, 0, len(w.bench.Tabs))
	for _, t := range w.bench.Tabs {
		tab := widget.Tab{ID: t.ID, Title: w.bench.Title(t), Closable: true}
		switch t.State {
		case view.TabAsking:
			tab.Count, tab.Concept = "…", view.Warning
		case view.TabObserving, view.TabCancelling:
			tab.Count, tab.Concept = "◉", view.Good
		}
		tabs = append(tabs, tab)
	}
	w.tabs.SetTabs(tabs...)
	w.devices.Redraw()
	w.tabs.Select(w.bench.Tab().ID)
	w.tabs.Refresh()
}

func (w *Window) startLab() {
	if err := w.bench.StartLab(); err != nil {
		w.bench.Say(view.Error, "%v", err)
		return
	}
	w.bench.Discover()
}

// StartLab starts the embedded lab, to be found by Discover.
func (w *Window) StartLab() error { return w.bench.StartLab() }

// Open opens a capture file of that name; where there is none, it asks for the resource of the URI, as
// if it was typed into the address.
func (w *Window) Open(name string) {
	if file, err := os.Open(name); err == nil {
		w.bench.OpenCapture(filepath.Base(name), file)
		return
	}
	if w.bench.Tab().Draft.Address != "" {
		w.bench.NewTab()
	}
	w.bench.Tab().Draft.Address = name
	w.bench.Changed(view.PartAll)
	w.bench.Send()
}

func (w *Window) zoom(step int) {
	t := widget.CurrentTheme().Zoomed(step)
	w.app.Preferences().SetFloat("zoom", float64(t.Zoom()))
	w.setTheme(t)
}

func (w *Window) nextMode() {
	t := widget.CurrentTheme()
	mode := widget.Mode((int(t.Mode()) + 1) % 3)
	w.app.Preferences().SetInt("theme", int(mode))
	w.setTheme(t.WithMode(mode))
}

func (w *Window) setTheme(t *widget.Theme) {
	w.app.Settings().SetTheme(t)
	w.bench.Changed(view.PartAll)
}

func (w *Window) filesMenu() *fyne.Menu {
	items := []*fyne.MenuItem{
		w.menuItem(view.CmdOpen), w.menuItem(view.CmdSave), fyne.NewMenuItemSeparator(), w.menuItem(view.CmdRecord), w.menuItem(view.CmdRecordTo),
	}
	if r := w.bench.Recording(); r.On {
		items[3].Label = "Stop recording to " + r.Name()
	} else if r.Path != "" {
		items[3].Label = "Record on to " + r.Name()
	}
	if name := w.bench.CaptureName(); name != "" {
		items = append(items, fyne.NewMenuItemSeparator(),
			fyne.NewMenuItem("Show live packets", w.bench.ShowLive),
			fyne.NewMenuItem("Close "+name+", show live packets", w.bench.CloseCapture))
	}
	for _, other := range w.bench.Away() {
		items = append(items, fyne.NewMenuItem("Back to "+other.Name, other.Show))
	}
	return fyne.NewMenu("Capture", items...)
}

// captureFiles are the names that capture files have.
var captureFiles = storage.NewExtensionFileFilter([]string{".pcapng", ".pcap", ".cap", ".gz"})

func (w *Window) openURI(u fyne.URI) {
	file, err := storage.Reader(u)
	if err != nil {
		w.bench.Say(view.Error, "Open: %v", err)
	} else {
		w.bench.OpenCapture(u.Name(), file)
	}
}

func (w *Window) openCapture() {
	w.openFile(captureFiles, "", func(file fyne.URIReadCloser) { w.bench.OpenCapture(file.URI().Name(), file) })
}

func (w *Window) saveCapture() {
	name := w.bench.CaptureName()
	name = strings.TrimSuffix(name, filepath.Ext(name))
	if name == "" {
		name = "coapscope"
	}
	w.saveFile("Save", name+".pcapng", func(file fyne.URIWriteCloser) { w.bench.SaveCapture(file.URI().Name(), file) })
}

func (w *Window) saveLadder(picture panel.Exported) {
	w.saveFile("Save", picture.Name, func(file fyne.URIWriteCloser) {
		w.bench.SaveLadder(file.URI().Name(), picture.Cut, file, picture.Write)
	})
}

// close keeps the layout for the next run and ends the program.
func (w *Window) close() {
	prefs, size := w.app.Preferences(), w.window.Canvas().Size()
	prefs.SetFloat("width", float64(size.Width))
	prefs.SetFloat("height", float64(size.Height))
	for key, split := range w.splits() {
		prefs.SetFloat(key, float64(split.SideSize()))
		prefs.SetBool(key+".folded", split.Folded())
	}
	prefs.SetString("devices.mode", w.bench.Devices.Mode().String())
	prefs.SetInt("inspector.columns", w.inspector.Columns())
	prefs.SetStringList("packets.columns", w.bench.Traffic.ColumnNames())
	used := make([]string, 0, len(w.bench.Commands.Used()))
	for _, id := range w.bench.Commands.Used() {
		used = append(used, string(id))
	}
	prefs.SetStringList("palette.used", used)
	prefs.SetString("search", w.bench.ScanChoiceText())
	close(w.bridge.stop)
	w.bench.Close()
	w.window.Close()
}
