package panel

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"

	"coapscope/protocol/malform"
	"coapscope/session/trace"
	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// Raw is raw mode: the bytes of the message, which can be changed to whatever is wanted, with the bits and fields that they
// are; what the RFCs ask of who gets them; and what the peer did.
type Raw struct {
	Object fyne.CanvasObject

	bench              *view.Workbench
	model              *view.Raw
	bits               *Inspector // drawings and gestures are those of the inspector
	preset             *widget.Chip
	send               *widget.Chip
	undo, redo, revert *widget.Chip
	id                 *widget.Chip

	verdict  string  // that was shown last
	resultAt float32 // where what came is drawn, in units of the content
	resultTo float32
}

// NewRaw makes the panel for the current tab of a workbench.
func NewRaw(bench *view.Workbench) *Raw {
	p := &Raw{bench: bench, model: bench.Raw()}
	p.bits = &Inspector{bench: bench, model: p.model.Inspector, finding: -1, section: inBytes, lead: p.draw, after: p.changed}
	p.bits.buildBits()
	p.bits.bits.OnTap = p.tap
	pointer := p.bits.bits.PointerAs
	p.bits.bits.PointerAs = func(pos fyne.Position) desktop.Cursor {
		if _, ok := p.bits.bits.HitAt(pos).(trace.Seq); ok {
			return desktop.PointerCursor
		}
		return pointer(pos)
	}
	p.bits.entry = newFieldEntry(p.bits)
	p.bits.Object = container.NewStack(p.bits.bits, p.bits.entry.layer)
	p.preset = widget.NewMenuChip("", view.Warning, p.menu)
	p.send = widget.NewFilledChip("Send bytes", view.Good, p.Send)
	p.undo, p.redo, p.revert = widget.NewLink("Undo", p.Undo), widget.NewLink("Redo", p.Redo), widget.NewLink("Revert", p.Revert)
	p.undo.Hint, p.redo.Hint = bench.Commands.Hint(view.CmdUndo), bench.Commands.Hint(view.CmdRedo)
	p.revert.Hint = "Go back to what the other tabs make of the request"
	p.id = widget.NewLink("", func() {
		p.model.SameID = !p.model.SameID
		p.Refresh()
	})
	for _, c := range []*widget.Chip{p.undo, p.redo, p.revert, p.id} {
		c.On = widget.OnPanel
	}
	p.Object = onPanel(Stacked(2,
		container.New(bar{elastic: 0, gap: 8, height: 38}, p.preset, p.send),
		padded(container.New(bar{elastic: -1, gap: 2, height: 22}, p.undo, p.redo, p.revert, p.id), 6, 0, 0, 0),
		p.bits.Object,
	))
	p.Refresh()
	return p
}

// changed notes that the bytes were changed here.
func (p *Raw) changed() {
	p.model.Changed()
	p.Refresh()
}

// Refresh shows the raw mode of the current tab.
func (p *Raw) Refresh() {
	if m := p.bench.Raw(); m != p.model {
		p.model, p.bits.model = m, m.Inspector
		p.bits.entry.close()
		p.bits.bits.ScrollTo(0)
		p.verdict = ""
	}
	title, hint := "Break the message", "Turn the message into one that breaks a rule"
	if preset, ok := p.model.Preset(); ok {
		title, hint = preset.Title, preset.Breaks+" ("+preset.Clause+")"
	}
	p.preset.Hint = hint
	p.preset.SetText(title + " ▾")
	e := p.model.Inspector.Edited()
	able(p.undo, e != nil && e.CanUndo())
	able(p.redo, e != nil && e.CanRedo())
	able(p.revert, p.model.Edited())
	p.send.Hint = p.model.CannotSend()
	able(p.send, p.send.Hint == "")
	if p.send.Hint == "" {
		p.send.Hint = p.bench.Commands.Hint(view.CmdSendCopy)
	}
	text, hint := "New message ID", "The message ID changes before the same bytes are sent again, so that the peer does not take them for a duplicate"
	if p.model.SameID {
		text, hint = "Same message ID", "The message ID stays when the same bytes are sent again: the peer takes them for a duplicate (RFC 7252 §4.5)"
	}
	p.id.Hint = hint
	p.id.SetText(text)
	p.bits.entry.follow()
	p.bits.bits.Refresh()
	p.revealVerdict()
}

// revealVerdict brings a verdict into sight that is news.
func (p *Raw) revealVerdict() {
	res, ok := p.model.Result()
	if !ok || strings.HasPrefix(res.Verdict, "…") {
		p.verdict = ""
		return
	}
	if res.Verdict+res.Text != p.verdict {
		p.verdict = res.Verdict + res.Text
		p.bits.bits.Snapshot() // draws it, so that its place is known
		p.bits.bits.Reveal(p.resultAt, p.resultTo-p.resultAt)
	}
}

// Focused tells whether keys go to the bytes.
func (p *Raw) Focused() bool { return p.bits.bits.Focused() }

// Undo takes back the last change.
func (p *Raw) Undo() {
	p.model.Undo()
	p.Refresh()
}

// Redo makes the change again that was taken back.
func (p *Raw) Redo() {
	p.model.Redo()
	p.Refresh()
}

// Revert goes back to the message as the other tabs make it.
func (p *Raw) Revert() {
	p.model.Revert()
	p.Refresh()
}

// Send sends the bytes as they are.
func (p *Raw) Send() {
	if p.bits.entry.commit() {
		p.model.Send()
		p.Refresh()
	}
}

// menu gives the presets by group.
func (p *Raw) menu() *fyne.Menu {
	var groups []*fyne.MenuItem
	current, _ := p.model.Preset()
	for _, preset := range malform.Presets() {
		if len(groups) == 0 || groups[len(groups)-1].Label != preset.Group {
			group := fyne.NewMenuItem(preset.Group, nil)
			group.ChildMenu = fyne.NewMenu(preset.Group)
			groups = append(groups, group)
		}
		item := fyne.NewMenuItem(preset.Title+"   "+preset.Clause, func() {
			p.model.Apply(preset.ID)
			p.Refresh()
		})
		item.Checked = preset.ID == current.ID
		group := groups[len(groups)-1]
		group.ChildMenu.Items = append(group.ChildMenu.Items, item)
		group.Checked = group.Checked || item.Checked
	}
	return fyne.NewMenu("Presets", groups...)
}

func (p *Raw) tap(t widget.Tap) {
	if frame, ok := t.Hit.(trace.Seq); ok {
		p.bench.ShowLive()
		p.bench.SelectFrame(frame)
		return
	}
	p.bits.tap(t)
}
