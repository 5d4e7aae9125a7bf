package payload

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
)

// maxPixels bounds the pictures that are read: of the largest, reading takes a moment and some 60 MB.
const maxPixels = 4 << 20

// imageFormat is a format of pictures that the standard library reads.
type imageFormat struct {
	name   string
	media  string
	magics []string
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
}

var imageFormats = []imageFormat{
	{"PNG", "image/png", []string{"\x89PNG\r\n\x1a\n"}, png.DecodeConfig, png.Decode},
	{"JPEG", "image/jpeg", []string{"\xff\xd8\xff"}, jpeg.DecodeConfig, jpeg.Decode},
	{"GIF", "image/gif", []string{"GIF87a", "GIF89a"}, gif.DecodeConfig, gif.Decode},
}

// imageFormatOf gives the format by the magic number.
func imageFormatOf(data []byte) (imageFormat, bool) {
	for _, f := range imageFormats {
		for _, magic := range f.magics {
			if len(data) >= len(magic) && string(data[:len(magic)]) == magic {
				return f, true
			}
		}
	}
	return imageFormat{}, false
}

func sniffImage(data []byte) rank {
	if _, ok := imageFormatOf(data); ok {
		return certain
	}
	return never
}

// layoutImage says what a picture is, and has the picture itself where it is not too large.
func layoutImage(_ int, data []byte) *layout {
	p := &printer{}
	f, ok := imageFormatOf(data)
	if !ok {
		p.mistake(0, &SyntaxError{Problem: "expected the magic number of PNG, JPEG or GIF", Reference: "RFC 2083 §3.1"}, len(data))
		return p.done()
	}
	size := 0
	for _, magic := range f.magics {
		size = len(magic)
	}
	p.field("format", f.name, 0, size)
	p.field("size", bytesOf(len(data)), 0, 0)
	config, err := f.config(bytes.NewReader(data))
	if err != nil {
		p.damaged(err)
		return p.done()
	}
	p.field("width × height", fmt.Sprintf("%d × %d pixels", config.Width, config.Height), 0, 0)
	p.field("colours", colours(config.ColorModel), 0, 0)
	if f.name == "GIF" {
		if n, whole := gifFrames(data); n > 1 || !whole {
			text := fmt.Sprintf("%d", n)
			if !whole {
				text += ", and then the end is missing"
			}
			p.field("frames", text, 0, 0)
		}
	}
	if config.Width <= 0 || config.Height <= 0 || config.Height > maxPixels/config.Width {
		p.cut(fmt.Sprintf("the picture is not shown: %d × %d are more than %d million pixels", config.Width, config.Height, maxPixels>>20))
		return p.done()
	}
	picture, err := f.decode(bytes.NewReader(data))
	if err != nil {
		p.damaged(err)
		return p.done()
	}
	l := p.done()
	l.image = func() image.Image { return picture }
	return l
}

func (p *printer) field(name, value string, start, end int) {
	p.beginLine(0)
	p.emit(KindKey, name, 0, 0)
	p.punct(": ")
	p.emit(KindPlain, value, start, end)
}

func (p *printer) damaged(err error) {
	p.beginLine(0)
	p.emit(KindError, "damaged: "+err.Error(), 0, 0)
	p.notice("the picture is damaged: " + err.Error())
}

func colours(m color.Model) string {
	if palette, ok := m.(color.Palette); ok {
		if len(palette) == 0 {
			return "a palette for each frame"
		}
		return fmt.Sprintf("a palette of %d", len(palette))
	}
	switch m {
	case color.GrayModel:
		return "grey, 8 bits"
	case color.Gray16Model:
		return "grey, 16 bits"
	case color.RGBAModel:
		return "RGB, 8 bits each"
	case color.RGBA64Model:
		return "RGB, 16 bits each"
	case color.NRGBAModel:
		return "RGB and alpha, 8 bits each"
	case color.NRGBA64Model:
		return "RGB and alpha, 16 bits each"
	case color.YCbCrModel:
		return "YCbCr, 8 bits each"
	case color.CMYKModel:
		return "CMYK, 8 bits each"
	}
	return "of a model without name"
}

// gifFrames counts the images of a GIF by its blocks (GIF89a §20), up to a million; whole is false where it ends early.
func gifFrames(data []byte) (n int, whole bool) {
	table := func(flags byte) int {
		if flags&0x80 == 0 {
			return 0
		}
		return 3 << (flags&7 + 1)
	}
	if len(data) < 13 {
		return 0, false
	}
	blocks := func(pos int) int { // the end of sub-blocks
		for pos < len(data) && data[pos] != 0 {
			pos += 1 + int(data[pos])
		}
		return pos + 1
	}
	for pos := 13 + table(data[10]); pos < len(data); {
		switch data[pos] {
		case 0x3b: // trailer
			return n, true
		case 0x21: // extension
			pos = blocks(pos + 2)
		case 0x2c: // image
			if pos+10 > len(data) {
				return n, false
			}
			next := blocks(pos + 11 + table(data[pos+9]))
			if next > len(data) {
				return n, false
			}
			n++
			pos = next
		default:
			return n, false
		}
	}
	return n, false
}

// checkImage compares the magic number with the Content-Format.
func checkImage(format int, data []byte) string {
	media, _ := mediaType(format)
	f, ok := imageFormatOf(data)
	switch {
	case ok && f.media != media:
		return fmt.Sprintf("byte 0: the magic number is that of %s, not of %s", f.media, media)
	case !ok:
		return "byte 0: the magic number of " + media + " is missing"
	}
	return ""
}

// summarizeImage gives the kind and the size of a picture.
func summarizeImage(data []byte) string {
	f, ok := imageFormatOf(data)
	if !ok {
		return ""
	}
	if config, err := f.config(bytes.NewReader(data)); err == nil {
		return fmt.Sprintf("%s %d×%d %d B", f.name, config.Width, config.Height, len(data))
	}
	return fmt.Sprintf("%s %d B", f.name, len(data))
}
