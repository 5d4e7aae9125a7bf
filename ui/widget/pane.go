package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// pane shows what is in it as far as it is in its bounds. Whoever has a pane places that.
type pane struct {
	widget.BaseWidget
	objects []fyne.CanvasObject
}

func newPane(objects ...fyne.CanvasObject) *pane {
	p := &pane{objects: objects}
	p.ExtendBaseWidget(p)
	return p
}

// SpanChildren lets [Spans] look inside.
func (p *pane) SpanChildren() []fyne.CanvasObject { return p.objects }

// CreateRenderer implements fyne.Widget.
func (p *pane) CreateRenderer() fyne.WidgetRenderer { return paneRenderer{p} }

type paneRenderer struct{ p *pane }

func (paneRenderer) Destroy()                       {}
func (paneRenderer) Layout(fyne.Size)               {}
func (paneRenderer) MinSize() fyne.Size             { return fyne.NewSize(1, 1) }
func (r paneRenderer) Objects() []fyne.CanvasObject { return r.p.objects }

func (r paneRenderer) Refresh() {
	for _, o := range r.p.objects {
		o.Refresh()
	}
}

// IsClip has the toolkit draw no more than that.
func (paneRenderer) IsClip() {}
