package flightsql

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow/flight"
	gen "github.com/apache/arrow-go/v18/arrow/flight/gen/flight"

	"github.com/tavana/tavana/internal/fault"
)

// SetSessionOptions sets settings, and the current catalog and schema. What cannot be
// set is told by name; the rest is set. A value of no kind resets the setting.
func (s *Server) SetSessionOptions(
	ctx context.Context, in *flight.SetSessionOptionsRequest,
) (*flight.SetSessionOptionsResult, error) {
	out := &flight.SetSessionOptionsResult{Errors: map[string]*flight.SetSessionOptionsResultError{}}
	for _, name := range ordered(in.GetSessionOptions()) {
		values, err := optionValues(in.GetSessionOptions()[name])
		if err == nil {
			err = caller(ctx).SetOption(ctx, name, values)
		}
		if err == nil {
			continue
		}
		value := flight.SetSessionOptionsResultErrorInvalidValue
		switch fault.KindOf(err) {
		case fault.UndefinedObject, fault.InvalidName:
			value = flight.SetSessionOptionsResultErrorInvalidName
		case fault.InvalidParameter, fault.InvalidCatalog, fault.InvalidSchema, fault.InvalidEncoding, fault.ProgramLimit:
		default:
			return nil, err
		}
		out.Errors[name] = &flight.SetSessionOptionsResultError{Value: value}
	}
	return out, nil
}

// ordered puts the catalog before the schema in it.
func ordered(options map[string]*flight.SessionOptionValue) []string {
	return slices.Sorted(maps.Keys(options))
}

func optionValues(v *flight.SessionOptionValue) ([]string, error) {
	switch v := v.GetOptionValue().(type) {
	case nil:
		return nil, nil
	case *gen.SessionOptionValue_StringValue:
		return []string{v.StringValue}, nil
	case *gen.SessionOptionValue_BoolValue:
		return []string{strconv.FormatBool(v.BoolValue)}, nil
	case *gen.SessionOptionValue_Int64Value:
		return []string{strconv.FormatInt(v.Int64Value, 10)}, nil
	case *gen.SessionOptionValue_DoubleValue:
		return []string{strconv.FormatFloat(v.DoubleValue, 'g', -1, 64)}, nil
	case *gen.SessionOptionValue_StringListValue_:
		return v.StringListValue.GetValues(), nil
	default:
		return nil, errors.New("unknown kind of value")
	}
}

// GetSessionOptions gives all settings, the current catalog and the current schema.
func (s *Server) GetSessionOptions(
	ctx context.Context, _ *flight.GetSessionOptionsRequest,
) (*flight.GetSessionOptionsResult, error) {
	options, err := caller(ctx).Options(ctx)
	if err != nil {
		return nil, err //nolint:wrapcheck // a fault for the client
	}
	out := &flight.GetSessionOptionsResult{SessionOptions: map[string]*flight.SessionOptionValue{}}
	for name, value := range options {
		v, err := flight.NewSessionOptionValue(value)
		if err != nil {
			return nil, err //nolint:wrapcheck // becomes internal
		}
		out.SessionOptions[name] = &v
	}
	return out, nil
}

// CloseSession ends the session with what it runs.
func (s *Server) CloseSession(ctx context.Context, _ *flight.CloseSessionRequest) (*flight.CloseSessionResult, error) {
	s.clients.end(caller(ctx))
	return &flight.CloseSessionResult{Status: flight.CloseSessionResultClosed}, nil
}
