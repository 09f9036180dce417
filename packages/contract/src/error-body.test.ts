import { renderError } from '@sluice/core/errors/render-error';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { Compile } from 'typebox/compile';
import { describe, expect, it } from 'vitest';
import { errorBody, identityErrorBody } from './error-body.ts';
import { CdmError } from './errors.ts';

describe('errorBody', () => {
  it('has seven members, the codes equal and the messages equal', () => {
    const rendered = renderError(new SluiceError('Cdm.0315', { link: 'l1' }), 'en');
    const message = 'The link name l1 is taken already.';
    expect(errorBody(rendered, '0f3c')).toStrictEqual({
      error_code: 'Cdm.0315',
      error_msg: message,
      errCode: 'Cdm.0315',
      externalMessage: message,
      code: 'Cdm.0315',
      message,
      request_id: '0f3c',
    });
  });

  it('is what the schema of errors says', () => {
    const check = Compile(CdmError);
    const body = errorBody({ code: 'Cdm.0000', message: 'm' }, 'r');
    expect(check.Check(body)).toBe(true);
    expect(check.Check({ ...body, code: 400 })).toBe(false);
    expect(check.Check({ ...body, request_id: undefined })).toBe(false);
  });

  it.each([
    [{ code: '', message: 'm' }, 'r'],
    [{ code: 'Cdm.0000', message: '' }, 'r'],
    [{ code: 'Cdm.0000', message: 'm' }, ''],
  ])('refuses to be empty anywhere: %j %j', (rendered, requestId) => {
    expect(() => errorBody(rendered, requestId)).toThrow(TypeError);
  });
});

describe('identityErrorBody', () => {
  it('has the status as a number and the reason phrase', () => {
    expect(identityErrorBody(401, 'The username or password is wrong.')).toStrictEqual({
      error: { code: 401, message: 'The username or password is wrong.', title: 'Unauthorized' },
    });
    expect(identityErrorBody(404, 'm').error.title).toBe('Not Found');
    expect(identityErrorBody(599, 'm').error.title).toBe('Internal Server Error');
    expect(identityErrorBody(422, 'm').error.title).toBe('Bad Request');
  });
});
