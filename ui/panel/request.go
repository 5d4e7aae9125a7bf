package panel

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"coapscope/protocol"
	"coapscope/ui/draft"
	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// Request is where a request is written: options, payload, message, and below them the exact bytes.
type Request struct {
	Object fyne.CanvasObject

	bench   *view.Workbench
	tabs    *widget.TabStrip
	stack   *fyne.Container
	options *fyne.Container
	wire    view.Wire
	bytes   *widget.Sheet

	form    *widget.Chip
	format  *widget.Chip
	text    *widget.TextArea
	message *widget.ScrollSheet
	block   *widget.Chip
	filling bool

	rows  []*optionRow
	shown *view.Tab // whose options the rows are
}

// NewRequest makes the panel.
func NewRequest(bench *view.Workbench) *Request {
	p := &Request{bench: bench}
	p.tabs = widget.NewTabStrip(
		widget.Tab{ID: "options", Title: "Options"},
		widget.Tab{ID: "payload", Title: "Payload"},
		widget.Tab{ID: "message", Title: "Message"},
	)
	p.tabs.OnSelect = func(string) { p.choose() }
	p.options = container.NewVBox()
	p.stack = container.NewStack(
		container.NewVScroll(padded(p.options, 10, 8, 10, 8)),
		p.payloadEditor(),
		p.messageEditor(),
	)
	p.bytes = widget.NewSheet(p.drawBytes)
	p.bytes.On = widget.OnPanel
	p.bytes.Min = fyne.NewSize(60, 118)
	p.bytes.OnCopy = func() string { return fmt.Sprintf("%x", p.wire.Bytes) }
	p.Object = onPanel(Stacked(1, p.tabs, p.stack, p.bytes))
	p.choose()
	p.Refresh()
	return p
}

func (p *Request) choose() {
	for i, id := range []string{"options", "payload", "message"} {
		if id == p.tabs.Selected() {
			p.stack.Objects[i].Show()
		} else {
			p.stack.Objects[i].Hide()
		}
	}
	p.stack.Refresh()
}

func (p *Request) payloadEditor() fyne.CanvasObject {
	p.form = widget.NewMenuChip("Text ▾", view.Plain, func() *fyne.Menu {
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
	p.form.Hint = "How the payload is written: text, CBOR in diagnostic notation, hex, or the name of a file"
	p.format = widget.NewMenuChip("Content-Format ▾", view.OptionA, p.formats)
	p.format.Hint = "What the payload is (RFC 7252 §5.10.3)"
	p.text = widget.NewTextArea()
	p.text.OnChanged = func(text string) {
		if !p.filling {
			p.draft().SetPayload(text)
			p.changed()
		}
	}
	row := container.New(bar{elastic: -1, gap: 8, height: 40}, p.form, p.format)
	return Stacked(1, row, padded(p.text, 8, 0, 8, 6))
}

// payloadFormats are those that a user writes by hand.
var payloadFormats = []protocol.ContentFormat{
	protocol.TextPlain, protocol.JSON, protocol.CBOR, protocol.OctetStream, protocol.LinkFormat,
	protocol.SenMLJSON, protocol.SenMLCBOR, protocol.XML,
}

// payloadHints are said where nothing is written yet, by form.
var payloadHints = [...]string{
	draft.Text: "", draft.JSON: `{"t": 21.5}`, draft.Diagnostic: `{"t": 21.5}`, draft.SenML: `[{"n": "temp", "u": "Cel", "v": 21.5}]`, draft.Hex: "a1 61 74", draft.Base64: "oWF0", draft.File: "the file's name, such as /tmp/firmware.bin",
}

func (p *Request) formats() *fyne.Menu {
	none := fyne.NewMenuItem("none", func() { p.setFormat("") })
	items := []*fyne.MenuItem{none}
	for _, f := range payloadFormats {
		items = append(items, fyne.NewMenuItem(fmt.Sprintf("%d  %s", f, f), func() { p.setFormat(fmt.Sprint(uint16(f))) }))
	}
	return fyne.NewMenu("Content-Format", items...)
}

func (p *Request) setFormat(text string) {
	d := p.draft()
	d.Remove(protocol.ContentFormatOption)
	if text != "" {
		d.Options = append(d.Options, draft.Option{Number: protocol.ContentFormatOption, Text: text})
	}
	p.changed()
}

func (p *Request) messageEditor() fyne.CanvasObject {
	p.block = widget.NewMenuChip("Block size ▾", view.Plain, func() *fyne.Menu {
		var items []*fyne.MenuItem
		for _, size := range []int{0, 16, 32, 64, 128, 256, 512, 1024} {
			item := fyne.NewMenuItem(blockText(size), func() {
				p.draft().BlockSize = size
				p.changed()
			})
			item.Checked = p.draft().BlockSize == size
			items = append(items, item)
		}
		return fyne.NewMenu("Block size", items...)
	})
	p.block.Hint = "The largest block of a body, both ways; smaller where the peer wishes (RFC 7959)"
	p.message = widget.NewScrollSheet(p.drawMessage)
	p.message.On = widget.OnPanel
	p.message.Min = fyne.NewSize(60, 60)
	row := container.New(bar{elastic: -1, gap: 8, height: 40}, p.block)
	return Stacked(1, row, p.message)
}

func blockText(size int) string {
	if size == 0 {
		return "Block size: 1024 or less"
	}
	return fmt.Sprintf("Block size: %d", size)
}

func (p *Request) drawMessage(g *widget.Painter) float32 {
	d := p.draft()
	t := protocol.DefaultTransmission()
	lines := []struct {
		label, text string
		concept     view.Concept
	}{
		{"Type", d.Type.String() + "  " + d.Type.Name(), view.Type},
		{"Token", "random, 4 bytes or more, new for each exchange", view.Token},
		{"Message ID", "next one that is free for this endpoint", view.MessageID},
	}
	if d.Type == protocol.Confirmable {
		first := fmt.Sprintf("after %s to %s, then doubling", view.Seconds(t.AckTimeout), view.Seconds(t.MaxTransmitSpan()/15))
		lines = append(lines, struct {
			label, text string
			concept     view.Concept
		}{"Retransmitted", first, view.Plain}, struct {
			label, text string
			concept     view.Concept
		}{"Given up", fmt.Sprintf("after %d tries, at most %s", t.MaxRetransmit+1, view.Seconds(t.MaxTransmitWait())), view.Plain})
	}
	y := float32(20)
	for _, l := range lines {
		g.Text(16, y, l.label, widget.Sans(12, view.Dim))
		for _, line := range wrap(g, l.text, g.W-130, widget.Mono(12, l.concept)) {
			g.TextEllipsis(120, y, g.W-130, line, widget.Mono(12, l.concept))
			y += 17
		}
		y += 5
	}
	return y - 10
}

func (p *Request) draft() *draft.Draft { return &p.bench.Tab().Draft }

// changed notes that the draft was changed here.
func (p *Request) changed() { p.bench.Changed(view.PartDraft | view.PartTabs) }

// Refresh shows the draft of the current tab.
func (p *Request) Refresh() {
	d := p.draft()
	built := p.bench.Built()
	message := built.Request.Message
	p.wire.Show(message, d.BlockSize)
	p.refreshOptions(&built)
	p.form.SetText(d.Form.String() + " ▾")
	p.format.SetText("Content-Format ▾")
	if v, ok := message.Options.Uint(protocol.ContentFormatOption); ok {
		p.format.SetText(protocol.ContentFormat(v).String() + " ▾")
	}
	p.block.SetText(blockText(d.BlockSize) + " ▾")
	if hint := payloadHints[d.Form]; p.text.PlaceHolder != hint {
		p.text.SetPlaceHolder(hint)
	}
	p.filling = true
	if p.text.Text != d.Payload {
		p.text.SetText(d.Payload)
	}
	p.filling = false
	count := ""
	if d.Payload != "" {
		count = "●"
	}
	p.tabs.SetCount("payload", count, view.Payload)
	p.tabs.SetCount("options", fmt.Sprint(len(message.Options)), view.Dim)
	p.bytes.Refresh()
	p.message.Refresh()
}

const (
	byteCell  = 20
	bytePitch = 21
)

func (p *Request) drawBytes(g *widget.Painter) {
	g.HLine(0, 0, g.W, g.Pal.Line)
	problems := p.problems()
	if len(problems) > 0 {
		g.Text(14, 22, "Cannot be sent yet", widget.SansBold(11, view.Warning))
		for i, line := range wrap(g, strings.Join(problems, " · "), g.W-28, widget.Sans(12, view.Plain)) {
			g.Text(14, 42+17*float32(i), line, widget.Sans(12, view.Plain))
		}
		return
	}
	g.Text(14, 22, p.wire.Title(), widget.SansBold(11, view.Dim))
	perRow := max(1, int((g.W-24)/bytePitch))
	const rows = 3
	data := p.wire.Bytes
	fit := min(len(data), perRow*rows)
	if fit < len(data) {
		fit-- // room for the ellipsis
	}
	for i := range fit {
		x, y := 14+float32(i%perRow)*bytePitch, 32+float32(i/perRow)*bytePitch
		concept, later := p.wire.Concept(i)
		g.FillRect(x, y, byteCell, 18, g.Pal.Tint(concept, false))
		text := hexByte[data[i]]
		if later {
			text = "··"
		}
		g.TextCenter(x+byteCell/2, y+13, text, widget.Mono(12, concept).In(g.Pal.OnTint(concept, false)))
	}
	if fit < len(data) {
		g.Text(14+float32(fit%perRow)*bytePitch+4, 32+float32(fit/perRow)*bytePitch+13, "…", widget.Mono(12, view.Dim))
	}
	y := 32 + float32((fit+perRow-1)/perRow)*bytePitch + 13
	if text, concept := p.wire.Findings(); text != "" {
		g.TextEllipsis(14, min(y, g.H-8), g.W-28, text, widget.Sans(11, concept))
	} else if y < g.H {
		g.TextEllipsis(14, y, g.W-28, "·· are chosen when it is sent", widget.Sans(11, view.Faint))
	}
}

func (p *Request) problems() (texts []string) {
	for _, problem := range p.bench.Built().Problems {
		if problem.Where == "address" && p.draft().Address == "" {
			return []string{"Click a resource at the left, or type an address above."}
		}
		texts = append(texts, problem.Text)
	}
	if p.wire.Problem != "" && len(texts) == 0 {
		texts = append(texts, p.wire.Problem)
	}
	return texts
}
