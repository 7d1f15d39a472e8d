// The words of accounts and of one-time links. Between the braces it is plain JSON, too.
import { STRINGS } from "./strings.js";

Object.assign(STRINGS, {
  "enter.help": {"zh": "忘记密码：请管理员给您一个新的一次性链接。没有验证器了：请管理员关闭两步验证。", "en": "Forgot the password? An administrator can give you a new one-time link. No authenticator any more? An administrator can switch the two-step log-in off."},
  "account_error.wrong_password": {"zh": "密码不对。", "en": "The password is wrong."},
  "share.title": {"zh": "一次性链接", "en": "One-time link"},
  "share.whose": {"zh": "{name} 的链接", "en": "The link of {name}"},
  "share.own": {"zh": "不属于任何账号，以管理员身份进入", "en": "Of no account; it opens the console as an admin"},
  "share.note": {"zh": "24 小时内有效，只能用一次。不要转发给无关的人。", "en": "It works once, within 24 hours. Give it to nobody else."},
  "share.ended": {"zh": "之前的一个链接已失效。", "en": "The link before it is over."},
  "users.title": {"zh": "账号管理", "en": "Accounts"},
  "users.new": {"zh": "新账号", "en": "A new account"},
  "users.id": {"zh": "登录名（短，不重复）", "en": "Short name, for the log-in"},
  "users.name": {"zh": "姓名（写入处理记录）", "en": "Name, for the records"},
  "users.places": {"zh": "负责范围（不选：整个小区）", "en": "Places (none: the whole site)"},
  "users.add": {"zh": "创建并生成一次性链接", "en": "Make it, and a one-time link"},
  "users.edit": {"zh": "修改", "en": "Change"},
  "users.link": {"zh": "一次性链接", "en": "One-time link"},
  "users.two_step_off": {"zh": "关闭两步验证", "en": "Two-step off"},
  "users.sign_out": {"zh": "强制退出", "en": "Log out"},
  "users.disable": {"zh": "停用", "en": "Disable"},
  "users.enable": {"zh": "启用", "en": "Enable"},
  "users.remove": {"zh": "删除", "en": "Remove"},
  "users.disabled": {"zh": "已停用", "en": "disabled"},
  "users.no_password": {"zh": "尚未设置密码", "en": "no password yet"},
  "users.password": {"zh": "密码登录", "en": "password"},
  "users.two_step": {"zh": "密码和验证码", "en": "password and code"},
  "users.sure_remove": {"zh": "删除 {name} 的账号？", "en": "Remove the account of {name}?"},
  "users.sure_two_step": {"zh": "关闭 {name} 的两步验证？", "en": "Switch off the two-step log-in of {name}?"}
});
