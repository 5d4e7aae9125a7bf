package panel

import (
	"io"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"coapscope/session/trace"
	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// ladderTab shows the packets as a ladder.
type ladderTab struct {
	object fyne.CanvasObject

	p      *Packets
	ladder *widget.Ladder
	scope  *widget.Chip
	scale  *widget.Chip
	folds  *widget.Chip
}

// Exported is a picture of the ladder that is to be saved.
type Exported struct {
	Name  string // of the file that is proposed
	Cut   string // what it leaves out
	Write func(io.Writer) error
}

func newLadderTab(p *Packets) *ladderTab {
	t := &ladderTab{p: p, ladder: widget.NewLadder()}
	t.ladder.OnSelect = p.bench.SelectFrame
	t.ladder.OnMenu = func(s trace.Seq, tap widget.Tap) { showMenu(p.Object, t.menu(s), tap.Absolute) }
	t.ladder.OnScale = t.label
	t.scope, t.scale = widget.NewLink("", nil), widget.NewLink("", nil)
	t.scope.Menu, t.scale.Menu = t.scopeMenu, t.scaleMenu
	t.scope.Hint, t.scale.Hint = "Which packets are drawn", "What heights mean; Ctrl and the wheel, + and - zoom"
	t.folds = widget.NewLink("", func() {
		m := t.model()
		m.SetFolds(!m.Folds())
		t.label()
		t.ladder.Refresh()
	})
	t.folds.Hint = "Blocks of one body are one bracket, or an arrow each"
	export := widget.NewLink("Export ▾", nil)
	export.Menu = t.exportMenu
	chips := []*widget.Chip{t.scope, t.scale, t.folds, export}
	objects := make([]fyne.CanvasObject, 0, len(chips)+1)
	for _, c := range chips {
		c.On = widget.OnGround
		objects = append(objects, c)
	}
	space := widget.NewSheet(nil)
	objects = append(objects[:3], append([]fyne.CanvasObject{space}, objects[3:]...)...)
	t.object = Stacked(1, container.New(bar{elastic: 3, gap: 8, height: 26}, objects...), t.ladder)
	return t
}

// model gives the ladder of the traffic that is shown.
func (t *ladderTab) model() *view.Ladder {
	traffic := t.p.bench.Traffic
	m := traffic.Ladder()
	if before := t.ladder.Model; before != nil && before != m {
		m.Like(before)
	}
	t.ladder.Model = m
	return m
}

func (t *ladderTab) refresh() {
	m, selected := t.model(), t.p.bench.SelectedFrame()
	if m.Selected() != selected {
		m.Select(selected)
		if !m.Following() {
			m.Reveal(selected)
		}
	}
	traffic := t.p.bench.Traffic
	switch {
	case traffic.Total() == 0:
		t.ladder.Empty = "No packets yet"
	case m.Indexing() > 0:
		t.ladder.Empty = "Looking at the packets: " + view.Grouped(m.Indexing()) + " to go"
	case m.Scope() > view.ScopeAll:
		t.ladder.Empty = "Select a packet to see what belongs to it"
	default:
		t.ladder.Empty = "None of these packets passes the filter"
	}
	t.label()
	t.ladder.Refresh()
}

// label writes on the chips what is set.
func (t *ladderTab) label() {
	m := t.model()
	title := m.Title()
	if r := []rune(title); len(r) > 44 {
		title = string(r[:43]) + "…"
	}
	folds := "Blocks unfolded"
	if m.Folds() {
		folds = "Blocks folded"
	}
	t.scope.SetText(title + " ▾")
	t.scale.SetText(m.ScaleText() + " ▾")
	t.folds.SetText(folds)
}

func (t *ladderTab) scopeMenu() *fyne.Menu {
	m := t.model()
	menu := fyne.NewMenu("")
	for s := range view.LadderScopes {
		title := s.String()
		if s > view.ScopeAll {
			title += " of the selected packet"
		}
		item := fyne.NewMenuItem(title, func() {
			m.SetScope(s)
			m.Reveal(m.Selected())
			t.p.bench.RefreshLadder()
		})
		item.Checked, item.Disabled = s == m.Scope(), !m.CanScope(s)
		menu.Items = append(menu.Items, item)
	}
	return menu
}

func (t *ladderTab) scaleMenu() *fyne.Menu {
	m := t.model()
	set := func(title string, byTime bool) *fyne.MenuItem {
		item := fyne.NewMenuItem(title, func() {
			m.SetByTime(byTime)
			t.refresh()
		})
		item.Checked = m.ByTime() == byTime
		return item
	}
	zoom := func(title string, factor float64) *fyne.MenuItem {
		return fyne.NewMenuItem(title, func() {
			m.ZoomHere(factor)
			t.refresh()
		})
	}
	return fyne.NewMenu("", set("Even rows: a row for each event", false), set("Time: heights are times", true), fyne.NewMenuItemSeparator(), zoom("Larger", 2), zoom("Smaller", 0.5))
}

func (t *ladderTab) exportMenu() *fyne.Menu {
	save := func(title string, make func() Exported) *fyne.MenuItem {
		return fyne.NewMenuItem(title, func() {
			if t.p.OnExport != nil && t.any() {
				t.p.OnExport(make())
			}
		})
	}
	return fyne.NewMenu("",
		save("Save as SVG …", t.svg), save("Save as PNG …", t.png), save("Save as Mermaid …", t.mermaid),
		fyne.NewMenuItemSeparator(),
		t.p.copying("Copy as Mermaid", func() string {
			if !t.any() {
				return ""
			}
			return t.model().Mermaid(0)
		}))
}

// any tells whether there is something to be exported, and says so where there is not.
func (t *ladderTab) any() bool {
	if t.model().Len() > 0 {
		return true
	}
	t.p.bench.Say(view.Warning, "The ladder is empty")
	return false
}

func (t *ladderTab) svg() Exported {
	scene, ink := t.model().Scene(0), widget.CurrentPalette().Ink()
	return Exported{"ladder.svg", scene.Cut, func(to io.Writer) error { return scene.SVG(to, ink) }}
}

func (t *ladderTab) png() Exported {
	scene, palette := t.model().Scene(maxPictureRows), widget.CurrentPalette()
	return Exported{"ladder.png", scene.Cut, func(to io.Writer) error { return widget.ScenePNG(to, scene, palette) }}
}

func (t *ladderTab) mermaid() Exported {
	text := t.model().Mermaid(0)
	return Exported{"ladder.mmd", "", func(to io.Writer) error {
		_, err := io.WriteString(to, text)
		return err
	}}
}

// maxPictureRows is how many rows a picture of pixels has at most.
const maxPictureRows = 500

// menu gives what can be done with a frame.
func (t *ladderTab) menu(s trace.Seq) *fyne.Menu {
	traffic := t.p.bench.Traffic
	items := []*fyne.MenuItem{
		t.p.copying("Copy what is said of it", func() string { return t.model().Tip(s) }),
		fyne.NewMenuItem("Show the packet in the list", func() {
			t.p.ShowPackets()
			t.p.list.ScrollTo(traffic.RowOf(s))
		}),
		fyne.NewMenuItemSeparator(),
	}
	for scope := view.ScopeExchange; scope < view.LadderScopes; scope++ {
		if m := t.model(); m.CanScope(scope) && m.Scope() != scope {
			items = append(items, fyne.NewMenuItem("Only this "+lower(scope.String()), func() {
				m.SetScope(scope)
				t.p.bench.RefreshLadder()
			}))
		}
	}
	if t.model().Scope() != view.ScopeShown {
		items = append(items, fyne.NewMenuItem(view.ScopeShown.String(), func() {
			t.model().SetScope(view.ScopeShown)
			t.p.bench.RefreshLadder()
		}))
	}
	for _, ask := range traffic.RowFilters(traffic.RowOf(s)) {
		items = append(items, t.p.filtering("Only "+ask.What, ask.Expr))
	}
	return fyne.NewMenu("", items...)
}

// lower has a title go on in a sentence.
func lower(s string) string {
	if s == "" {
		return ""
	}
	return string(s[0]|0x20) + s[1:]
}
