package panel

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"

	"coapscope/protocol"
	"coapscope/ui/draft"
	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// payloadEditor is where the payload is written, in one of several forms. Below it stands what it becomes, or where the
// mistake is.
type payloadEditor struct {
	object fyne.CanvasObject

	p       *Request
	form    *widget.Chip
	format  *widget.Chip
	text    *widget.TextArea
	note    *widget.Sheet
	said    view.PayloadNote
	filling bool
}

func newPayloadEditor(p *Request) *payloadEditor {
	e := &payloadEditor{p: p}
	e.form = widget.NewMenuChip("Text ▾", view.Plain, func() *fyne.Menu {
		var items []*fyne.MenuItem
		for _, f := range draft.Forms() {
			item := fyne.NewMenuItem(f.String(), func() {
				p.draft().SetForm(f)
				p.changed()
			})
			item.Checked = p.draft().Form == f
			items = append(items, item)
		}
		return fyne.NewMenu("Form", items...)
	})
	e.form.Hint = "How the payload is written: text, JSON, CBOR in diagnostic notation, SenML, hex, base64, or the name of a file"
	e.format = widget.NewMenuChip("Content-Format ▾", view.OptionA, e.formats)
	e.format.Hint = "What the payload is (RFC 7252 §5.10.3). It follows the form, until you choose another."
	e.text = widget.NewTextArea()
	e.text.OnChanged = func(text string) {
		if !e.filling {
			p.draft().SetPayload(text)
			p.changed()
		}
	}
	e.note = widget.NewSheet(e.draw)
	e.note.On = widget.OnPanel
	e.note.Min = fyne.NewSize(60, 24)
	e.note.OnCopy = func() string { return e.said.Text() }
	e.note.Tip = func(fyne.Position) string { return e.said.Text() }
	e.note.OnTap = func(widget.Tap) {
		if problem, bad := p.problem(draft.PayloadField); bad {
			e.focus(problem.Offset)
		}
	}
	e.note.PointerAs = func(fyne.Position) desktop.Cursor {
		if e.said.Offset >= 0 {
			return desktop.PointerCursor
		}
		return nil
	}
	row := container.New(bar{elastic: -1, gap: 8, height: 40}, e.form, e.format)
	e.object = Stacked(1, row, padded(e.text, 8, 0, 8, 0), e.note)
	return e
}

// payloadFormats are those that a user writes by hand.
var payloadFormats = []protocol.ContentFormat{
	protocol.TextPlain, protocol.JSON, protocol.CBOR, protocol.OctetStream, protocol.LinkFormat,
	protocol.SenMLJSON, protocol.SenMLCBOR, protocol.XML,
}

// payloadHints are said where nothing is written yet, by form.
var payloadHints = [...]string{
	draft.Text: "", draft.JSON: `{"t": 21.5}`, draft.Diagnostic: `{"t": 21.5}`, draft.SenML: `[{"n": "temp", "u": "Cel", "v": 21.5}]`,
	draft.Hex: "a1 61 74", draft.Base64: "oWF0", draft.File: "the file's name, such as /tmp/firmware.bin",
}

func (e *payloadEditor) formats() *fyne.Menu {
	items := []*fyne.MenuItem{fyne.NewMenuItem("none", func() {
		e.p.draft().Remove(protocol.ContentFormatOption)
		e.p.changed()
	})}
	for _, f := range payloadFormats {
		text := draft.ContentFormatText(f)
		items = append(items, fyne.NewMenuItem(text, func() {
			e.p.draft().SetOption(protocol.ContentFormatOption, text)
			e.p.changed()
		}))
	}
	return fyne.NewMenu("Content-Format", items...)
}

func (e *payloadEditor) refresh() {
	d, m := e.p.draft(), &e.p.built.Request.Message
	e.form.SetText(d.Form.String() + " ▾")
	e.format.SetText("Content-Format ▾")
	if v, ok := m.Options.Uint(protocol.ContentFormatOption); ok {
		e.format.SetText(protocol.ContentFormat(v).String() + " ▾")
	}
	if hint := payloadHints[d.Form]; e.text.PlaceHolder != hint {
		e.text.SetPlaceHolder(hint)
	}
	e.filling = true
	if e.text.Text != d.Payload {
		e.text.SetText(d.Payload)
	}
	e.filling = false
	peek, known := e.p.bench.Peek(&e.p.built)
	e.said = view.NotePayload(d, &e.p.built, peek, known)
	if height := float32(10 + 16*len(e.said.Lines)); e.note.Min.Height != height {
		e.note.Min.Height = height
		e.object.Refresh()
	}
	e.note.Refresh()
}

func (e *payloadEditor) draw(g *widget.Painter) {
	for i, line := range e.said.Lines {
		g.TextEllipsis(14, 16+16*float32(i), g.W-28, line, widget.Mono(11, e.said.Concept))
	}
}

// focus puts the cursor into the payload, at a byte of it unless that is negative.
func (e *payloadEditor) focus(offset int) {
	focusIn(e.p.stack, e.text)
	text := e.text.Text
	if offset < 0 || offset > len(text) {
		return
	}
	before := text[:offset]
	e.text.CursorRow = strings.Count(before, "\n")
	e.text.CursorColumn = utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
	e.text.Refresh()
}

// blockText names a size of blocks.
func blockText(size int) string {
	if size == 0 {
		return "Block size: 1024 or less"
	}
	return fmt.Sprintf("Block size: %d", size)
}
