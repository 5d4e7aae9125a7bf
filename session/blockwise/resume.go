package blockwise

import (
	"bytes"
	"fmt"

	"coapscope/protocol"
)

// checkResume holds what shall be resumed against what can be.
func (t *Transfer) checkResume() *Failed {
	down, up := t.config.ResumeDownload, t.config.ResumeUpload
	what, section := "", "RFC 7959 §2.4"
	switch {
	case up < 0 || up > t.bodySize:
		what, section = fmt.Sprintf("an upload of %d bytes resumed at byte %d", t.bodySize, up), "RFC 7959 §2.5"
	case down.Offset == 0:
	case down.Offset < 0:
		what = fmt.Sprintf("a download resumed at byte %d", down.Offset)
	case t.config.Sink == nil:
		what = "a download resumed without the sink that has its beginning"
	case !t.repeatable():
		what = fmt.Sprintf("the response to a %s resumed: only GET and FETCH can be repeated", t.request.Code.Short())
	case t.request.Options.Has(protocol.Observe):
		what, section = "a part of a representation observed", "RFC 7959 §2.6"
	case t.bodySize > int64(protocol.Block{SZX: t.szx}.Size()):
		what, section = "the response to a body in blocks resumed: it comes in order, after that body", "RFC 7959 §2.7"
	case down.Offset/int64(protocol.Block{SZX: t.szx2}.Size()) > protocol.MaxBlockNum:
		what, section = fmt.Sprintf("a download resumed at byte %d, beyond %d blocks", down.Offset, protocol.MaxBlockNum+1), "RFC 7959 §2.2"
	case down.Validate && (len(down.ETag) == 0 || len(down.ETag) > 8):
		what, section = fmt.Sprintf("an ETag of %d bytes to be validated, where 1 to 8 are needed", len(down.ETag)), "RFC 7252 §5.10.6"
	}
	if what == "" {
		return nil
	}
	f := t.misuse(what, section)
	return &f
}

// validate asks whether the representation is still the one that is there in part.
func (t *Transfer) validate() Step {
	t.phase = validating
	m := t.message()
	m.Options = t.askSize(t.askBlock2(m.Options, 0).Set(protocol.ETag, t.config.ResumeDownload.ETag))
	return t.sendWhole(m)
}

// handleValidation takes the response to that: 2.03, or the beginning of the representation that is
// there now.
func (t *Transfer) handleValidation(response protocol.Message) Step {
	etag, _ := response.Options.First(protocol.ETag)
	same := bytes.Equal(etag, t.config.ResumeDownload.ETag)
	switch {
	case same && response.Code.Class() == 2:
		// By 2.03; or it does not validate, but says that it is the same.
		return t.begin(t.config.ResumeDownload.Offset, 0)
	case response.Code == protocol.Valid:
		return t.fail(&Error{UnexpectedCode, protocol.Block2, fmt.Sprintf("ETag %x, which was asked about", t.config.ResumeDownload.ETag), describeETag(response), "RFC 7252 §5.9.1.3", response.Code, nil})
	case response.Code.Class() == 2 && t.config.OnChange == Fail:
		return t.changed(response, fmt.Sprintf("ETag %x as in what is there", t.config.ResumeDownload.ETag), describeETag(response))
	}
	t.phase = whole
	if response.Code.Class() == 2 {
		t.restarts++
		t.reread++
	}
	return t.handleFirst(response)
}

// checkResumed holds the first response of a download that is resumed against what is there. It gives
// nil where they fit together.
func (t *Transfer) checkResumed(response protocol.Message, blockwise bool) Step {
	if response.Code.Class() != 2 {
		return t.refused(response, "the representation")
	}
	if want := t.config.ResumeDownload.ETag; len(want) > 0 {
		if etag, _ := response.Options.First(protocol.ETag); !bytes.Equal(etag, want) {
			return t.changed(response, fmt.Sprintf("ETag %x as in what is there", want), describeETag(response))
		}
	}
	if !blockwise {
		return t.missing(response)
	}
	return nil
}

func describeETag(response protocol.Message) string {
	if etag, ok := response.Options.First(protocol.ETag); ok {
		return fmt.Sprintf("ETag %x", etag)
	}
	return "no ETag"
}
