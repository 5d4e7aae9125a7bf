package panel

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// follow has what an answer refers to be opened: links in its payload, and its Location.
func (p *Answer) follow() {
	p.body.OnLink, p.body.OnExtra = p.bench.Open, p.compare
	p.options.OnTap = func(t widget.Tap) {
		if uri, ok := t.Hit.(linkID); ok && t.Button == desktop.MouseButtonPrimary {
			p.bench.Open(string(uri), t.Modifier&fyne.KeyModifierShortcutDefault != 0)
		}
	}
	p.options.Tip = func(pos fyne.Position) string {
		if uri, ok := p.options.HitAt(pos).(linkID); ok {
			return "GET " + string(uri) + "\nWith Ctrl in a new tab"
		}
		return ""
	}
	p.options.PointerAs = func(pos fyne.Position) desktop.Cursor {
		if _, ok := p.options.HitAt(pos).(linkID); ok {
			return desktop.PointerCursor
		}
		return nil
	}
}

// lead shows what leads on from the answer: the difference from the one before, what can be done next, and how a
// repetition fares. It tells whether something came or went.
func (p *Answer) lead(a *view.Answer) (moved bool) {
	if a != nil && a.Err == nil {
		p.bench.Refer(p.body.Model(), a)
		p.body.SetExtra(diffTab(a), p.diff.Object)
		p.compare()
	}
	had := p.actions.Visible()
	p.actions.Offer(p.bench.Actions())
	return p.repeat.Update() || had != p.actions.Visible()
}

// compare shows the difference from the answer before, where that is in sight.
func (p *Answer) compare() {
	if a := p.bench.Tab().Shown(); a.Before() && p.body.Extra() {
		p.diff.Show(a, p.body.Model().View().Name)
	}
}

// diffTab is the tab of the difference; nil where there is nothing before.
func diffTab(a *view.Answer) *widget.Tab {
	if !a.Before() {
		return nil
	}
	return &widget.Tab{ID: "diff", Title: "Diff"}
}
